using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MailServer.Posix;
using MailServer.Storage;
using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Imap.Tests;

/// <summary>Sections of real mails, sound and broken, octet for octet as another server sends them (imap-dovecot-golden/SOURCE.txt).</summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    private const string BoundaryEnd = "RFC 2046 §5.1.1: the line end before a boundary is the boundary's, also where the message within has boundaries of its own";
    private const string EmptyLine = "RFC 3501 §6.4.5: MIME is the header with the empty line that ends it, even when there is nothing else";

    /// <summary>Every section that is another one there, and what decides it.</summary>
    private static readonly (string File, string Sections, string Why)[] Others =
    [
        ("mime-flanker/enclosed-broken-body.eml", "2", BoundaryEnd),
        ("mime-flanker/torture-part.eml", "2", BoundaryEnd),
        ("mime-mail-parser/thirdparty/007.eml", "3", BoundaryEnd),
        ("mime-misc/mox/message-rfc822-multipart.eml", "1.2.MIME 3", BoundaryEnd),
        ("mime-ruby-mail/attachment_emails/attachment_message_rfc822_inline_image.eml", "2", BoundaryEnd),
        ("mime-torture/crispin-torture.eml", "11 12 12.3", BoundaryEnd),
        ("mime-mail-parser/thirdparty/011.eml", "1.MIME", EmptyLine),
        ("mime-mime4j/testmsgs/multipartdigestnestedemptyparts.msg", "1.1.MIME", EmptyLine),
        ("mime-mime4j/testmsgs/multipartnestedemptyparts.msg", "1.1.MIME", EmptyLine),
        ("mime-mime4j/testmsgs/multipartnestedemptypartsnorfc822.msg", "1.1.MIME", EmptyLine),
        ("mime-mail-parser/malformed/004.eml", "1.1 1.1.MIME", "RFC 2046 §5.1.1: behind the boundary in its line there are blanks at most"),
        ("mime-mail-parser/malformed/017.eml", "1 1.MIME", "RFC 2045 §5.1: without a semicolon before it there is no parameter, and so no boundary"),
        ("mime-mime4j/testmsgs/very-very-long-boundary.msg", "1 1.MIME 2.MIME 3.MIME", "RFC 2046 §5.1.1: a boundary has no more than 70 characters"),
        ("mime-mime4j/testmsgs/weird-boundary.msg", "1", "RFC 2046 §5.1.1: a boundary does not end with a blank"),
        ("mime-mime4j/mimetools/double-semicolon.msg", "1 1.MIME", "RFC 2045 §5.1: a parameter that is none does not take away those behind it"),
        ("mime-python/msg_33.txt", "1 1.MIME", "RFC 2231 §4: a boundary may be an encoded parameter"),
        ("mime-ruby-mail/mime_emails/raw_email_with_illegal_boundary.eml", "3.MIME", "RFC 2046 §5.1.1: nothing is a part behind the last boundary"),
    ];

    [Fact]
    public async Task Sections_are_those_of_another_server()
    {
        var corpus = Corpora.Find("imap-dovecot-golden", out var reason);
        Assert.SkipWhen(corpus is null, reason);
        using var directory = new TempDirectory();
        using var watcher = DirectoryWatcher.Create();
        await using var store = new MaildirStore(
            new() { Maildir = "{data}/{user}", DataDirectory = directory.Path, Hostname = "mx.example.org" }, watcher, TimeProvider.System, NullLoggerFactory.Instance);
        var host = Session.NewHost();
        host.Store = store;
        var session = await Session.LoggedInAsync(host);
        await session.Connection.SendAsync("s SELECT INBOX\r\n");
        await session.SkipToAsync("s OK");

        var (mails, wholes, headers, texts) = (0, 0, 0, 0);
        var (expected, others) = (new List<string>(), new List<string>());
        foreach (var line in File.ReadLines(Path.Combine(corpus, "golden.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            var path = Path.Combine(corpus, "..", row.RootElement.GetProperty("file").GetString()!);
            if (!File.Exists(path))
                continue;
            var octets = ToCrlf(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
            await session.Connection.SendAsync($"a APPEND INBOX {{{octets.Length}+}}\r\n");
            await session.Connection.SendAsync(octets);
            await session.Connection.SendAsync("\r\n");
            await session.SkipToAsync("a OK");

            mails++;
            var file = row.RootElement.GetProperty("file").GetString()!;
            foreach (var other in Others.Where(other => other.File == file))
                expected.AddRange(other.Sections.Split(' ').Select(section => $"{file} {section}"));
            wholes += await IsSameAsync(session, "", row.RootElement, "full") ? 1 : 0;
            headers += await IsSameAsync(session, "HEADER", row.RootElement, "header") ? 1 : 0;
            texts += await IsSameAsync(session, "TEXT", row.RootElement, "text") ? 1 : 0;
            foreach (var part in row.RootElement.GetProperty("parts").EnumerateArray())
            {
                var section = part.GetProperty("section").GetString()!;
                if (!await IsSameAsync(session, section, part, ""))
                    others.Add($"{file} {section}");
                if (part.TryGetProperty("mimeSha256", out _) && !await IsSameAsync(session, section + ".MIME", part, "mime"))
                    others.Add($"{file} {section}.MIME");
            }
        }

        Assert.Equal((mails, mails, mails), (wholes, headers, texts));
        Assert.Equal(expected.Order(StringComparer.Ordinal), others.Order(StringComparer.Ordinal));
    }

    private async Task<bool> IsSameAsync(Session session, string section, JsonElement row, string prefix)
    {
        await session.Connection.SendAsync($"f FETCH * BODY.PEEK[{section}]\r\n");
        var answer = await session.Connection.ReadLineAsync() ?? "";
        var octets = Array.Empty<byte>();
        if (answer.LastIndexOf('{') is var open and > 0)
            octets = await session.Connection.ReadAsync(int.Parse(answer.AsSpan(open + 1, answer.Length - open - 2), CultureInfo.InvariantCulture));
        await session.SkipToAsync("f OK");
        var isSame = Convert.ToHexStringLower(SHA256.HashData(octets)) == row.GetProperty(prefix.Length > 0 ? prefix + "Sha256" : "sha256").GetString();
        if (!isSame)
            output.WriteLine($"{answer}: {octets.Length} octets, not {row.GetProperty(prefix.Length > 0 ? prefix + "Octets" : "octets")}");
        return isSame;
    }

    // As the golden file was made: no mbox line at the top, every line ends with CRLF.
    private static byte[] ToCrlf(byte[] octets)
    {
        var text = Encoding.Latin1.GetString(octets);
        if (text.StartsWith("From ", StringComparison.Ordinal))
            text = text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        return Encoding.Latin1.GetBytes(System.Text.RegularExpressions.Regex.Replace(text, "(?<!\r)\n", "\r\n"));
    }
}
