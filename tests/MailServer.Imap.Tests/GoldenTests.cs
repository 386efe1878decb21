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

        var (mails, wholes, headers, texts, parts, allParts, mimes, allMimes) = (0, 0, 0, 0, 0, 0, 0, 0);
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
            wholes += await IsSameAsync(session, "", row.RootElement, "full") ? 1 : 0;
            headers += await IsSameAsync(session, "HEADER", row.RootElement, "header") ? 1 : 0;
            texts += await IsSameAsync(session, "TEXT", row.RootElement, "text") ? 1 : 0;
            foreach (var part in row.RootElement.GetProperty("parts").EnumerateArray())
            {
                allParts++;
                var section = part.GetProperty("section").GetString()!;
                parts += await IsSameAsync(session, section, part, "") ? 1 : 0;
                if (part.TryGetProperty("mimeSha256", out _))
                    (mimes, allMimes) = (mimes + (await IsSameAsync(session, section + ".MIME", part, "mime") ? 1 : 0), allMimes + 1);
            }
        }

        output.WriteLine($"{mails} mails: {wholes} whole, {headers} headers, {texts} texts, {parts} of {allParts} parts, {mimes} of {allMimes} MIME headers the same");
        Assert.Equal((mails, mails, mails), (wholes, headers, texts));
        Assert.True(parts >= allParts * 95 / 100, $"{parts} of {allParts} parts");
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
