using System.Security.Cryptography;
using System.Text.Json;
using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>What two other IMAP servers say of 228 mails, sound and broken (imap-dovecot-golden/SOURCE.txt).</summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    private const string EightBit = "RFC 3501 §9: a quoted string is of 7 bits, so raw 8-bit text goes as encoded words";
    private const string Folded = "RFC 5322 §2.2.3: unfolding takes the line end away, and no blank";
    private const string BoundaryEnd = "RFC 2046 §5.1.1: the line end before a boundary is the boundary's";
    private const string NoPart = "RFC 2046 §5.1.1: nothing is a part behind the last boundary";
    private const string Broken = "RFC 5322 §3.4 has no reading for it: the address that can be seen is kept";

    /// <summary>Every mail of which something else is said, and what decides it.</summary>
    private static readonly (string File, string What, string Why)[] Others =
    [
        ("mime-flanker/long-header.eml", "envelope", "StructureLimits: a text is cut"),
        ("mime-flanker/mailformed-headers.eml", "envelope", EightBit),
        ("mime-flanker/torture-part.eml", "envelope", "RFC 5322 §3.6.4: a blank is no part of an identifier"),
        ("mime-mime4j/mimetools/frag.msg", "envelope", Folded),
        ("mime-mimekit/messages/stack-overflow.txt", "envelope", Broken),
        ("mime-misc/mail-mime-parser/github-102-02.txt", "envelope", EightBit),
        ("mime-misc/mail-mime-parser/invalid-charset.txt", "envelope", EightBit),
        ("mime-python/msg_27.txt", "envelope", Folded),
        ("mime-ruby-mail/attachment_emails/attachment_pdf.eml", "envelope", EightBit),
        ("mime-ruby-mail/attachment_emails/attachment_pdf_lf.eml", "envelope", EightBit),
        ("mime-ruby-mail/attachment_emails/attachment_pdf_non_ascii.eml", "envelope", EightBit),
        ("mime-ruby-mail/attachment_emails/attachment_pdf_non_ascii_lf.eml", "envelope", EightBit),
        ("mime-ruby-mail/error_emails/content_transfer_encoding_empty.eml", "envelope", EightBit),
        ("mime-ruby-mail/error_emails/invalid_subject_characters.eml", "envelope", EightBit),
        ("mime-ruby-mail/error_emails/must_supply_encoding.eml", "envelope", EightBit),
        ("mime-ruby-mail/error_emails/trademark_character_in_subject.eml", "envelope", EightBit),
        ("mime-ruby-mail/error_emails/weird_to_header.eml", "envelope", "RFC 5322 §4.4: an empty element of a list is no address"),
        ("mime-ruby-mail/mime_emails/raw_email_with_binary_encoded.eml", "envelope", "RFC 5322 §3.6: there is one Subject, and the first is it"),
        ("mime-ruby-mail/plain_emails/mix_caps_content_type.eml", "envelope", Broken),
        ("mime-ruby-mail/plain_emails/raw_email_multiple_from.eml", "envelope", "RFC 5322 §3.6: there is one From; where there are more, none of the addresses is hidden"),
        ("mime-torture/crispin-torture.eml", "envelope", "RFC 5322 §3.6.4: a blank is no part of an identifier"),

        ("mime-flanker/enclosed-broken-body.eml", "bodystructure", BoundaryEnd),
        ("mime-flanker/torture-part.eml", "bodystructure", BoundaryEnd),
        ("mime-mail-parser/malformed/004.eml", "bodystructure", "RFC 2046 §5.1.1: behind the boundary in its line there are blanks at most"),
        ("mime-mail-parser/malformed/017.eml", "bodystructure", "RFC 2045 §5.1: without a semicolon before it there is no parameter, and so no boundary"),
        ("mime-mail-parser/thirdparty/007.eml", "bodystructure", BoundaryEnd),
        ("mime-mime4j/testmsgs/very-very-long-boundary.msg", "bodystructure", "RFC 2046 §5.1.1: a boundary has no more than 70 characters"),
        ("mime-mime4j/testmsgs/weird-boundary.msg", "bodystructure", "RFC 2046 §5.1.1: a boundary does not end with a blank"),
        ("mime-mime4j/mimetools/double-semicolon.msg", "bodystructure", "RFC 2045 §5.1: a parameter that is none does not take away those behind it"),
        ("mime-mime4j/mimetools/frag.msg", "bodystructure", Folded),
        ("mime-mime4j/mimetools/multi-digest.msg", "bodystructure", "RFC 2046 §4: a type that cannot be read is application/octet-stream"),
        ("mime-mimekit/messages/missing-subtype.txt", "bodystructure", "RFC 2046 §4: a type that cannot be read is application/octet-stream"),
        ("mime-misc/mox/message-rfc822-multipart.eml", "bodystructure", BoundaryEnd),
        ("mime-misc/james/james-3901.eml", "bodystructure", "RFC 3501 §7.4.2: parameters come in the order of the field"),
        ("mime-misc/james/space.eml", "bodystructure", "RFC 2045 §5.1 would have it quoted: a name with blanks is kept whole"),
        ("mime-python/msg_33.txt", "bodystructure", "RFC 2231 §4: a boundary may be an encoded parameter"),
        ("mime-ruby-mail/attachment_emails/attachment_message_rfc822_inline_image.eml", "bodystructure", BoundaryEnd),
        ("mime-ruby-mail/attachment_emails/attachment_with_unquoted_name.eml", "bodystructure", "RFC 2045 §5.1 would have it quoted: a name with blanks is kept whole"),
        ("mime-ruby-mail/error_emails/content_transfer_encoding_with_semi_colon.eml", "bodystructure", "RFC 2045 §6.1: the encoding is the token; what stands behind it means nothing"),
        ("mime-ruby-mail/error_emails/missing_content_disposition.eml", "bodystructure", "RFC 2183 §2: a field without a type is no disposition"),
        ("mime-ruby-mail/error_emails/multiple_invalid_content_dispositions.eml", "bodystructure", "RFC 2183 §2: the type is what stands there"),
        ("mime-ruby-mail/mime_emails/raw_email_with_binary_encoded.eml", "bodystructure", NoPart),
        ("mime-ruby-mail/mime_emails/raw_email_with_illegal_boundary.eml", "bodystructure", NoPart),
        ("mime-torture/crispin-torture.eml", "bodystructure", BoundaryEnd),
    ];

    [Fact]
    public void Envelope_structure_and_parts_are_those_of_other_servers()
    {
        var folder = Corpora.Find("imap-dovecot-golden", out var reason);
        Assert.SkipWhen(folder is null, reason);
        var (rows, parts, allParts) = (0, 0, 0);
        var (expected, others) = (new List<string>(), new List<string>());
        foreach (var line in File.ReadLines(Path.Combine(folder, "golden.jsonl")))
        {
            var row = JsonDocument.Parse(line).RootElement;
            var file = row.GetProperty("file").GetString()!;
            var path = Path.Combine(folder, "..", file);
            if (!File.Exists(path))
                continue;
            rows++;
            var stored = Mails.Load(path);
            var sent = Mails.ToCrlf(stored);
            Assert.Equal(row.GetProperty("rfc822Size").GetInt64(), sent.Length);
            var structure = Mails.Structure(stored);

            expected.AddRange(Others.Where(other => other.File == file).Select(other => $"{file} {other.What}"));
            if (!Same(file, "envelope", row, ImapTree.Parse(structure.Envelope.Span)))
                others.Add($"{file} envelope");
            if (!Same(file, "bodystructure", row, ImapTree.Parse(structure.BodyStructure.Span)))
                others.Add($"{file} bodystructure");
            foreach (var part in row.GetProperty("parts").EnumerateArray())
            {
                allParts++;
                parts += SamePart(file, part, structure.Root, sent) ? 1 : 0;
            }
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), others.Order(StringComparer.Ordinal));

        // Which ones, and why, is in the IMAP plugin's own test.
        Assert.InRange(parts, allParts - 23, allParts);
        output.WriteLine($"{rows} mails, {parts} of {allParts} parts the same");
    }

    private bool SamePart(string file, JsonElement row, MessagePart root, byte[] sent)
    {
        var section = row.GetProperty("section").GetString()!;
        var part = Sections.Find(root, section);
        if (part is null)
        {
            output.WriteLine($"{file} {section}: none");
            return false;
        }

        var body = Convert.ToHexStringLower(SHA256.HashData(sent.AsSpan((int)part.BodyStart, (int)part.BodyLength)));
        var mime = Convert.ToHexStringLower(SHA256.HashData(sent.AsSpan((int)part.HeaderStart, (int)part.HeaderLength)));
        var same = body == row.GetProperty("sha256").GetString() && (!row.TryGetProperty("mimeSha256", out var expected) || mime == expected.GetString());
        if (!same)
            output.WriteLine($"{file} {section}: body {part.BodyLength} for {row.GetProperty("octets")}, header {part.HeaderLength} for {(row.TryGetProperty("mimeOctets", out var octets) ? octets : default)}");
        return same;
    }

    private bool Same(string file, string what, JsonElement row, object? ours)
    {
        var theirs = ImapTree.Show(ImapTree.Parse(row.GetProperty(what)));
        var mine = ImapTree.Show(ours);
        if (mine.Equals(theirs, StringComparison.OrdinalIgnoreCase))
            return true;
        output.WriteLine($"{file} {what} courier={row.GetProperty("courierImap")}\n  theirs {theirs}\n  ours   {mine}");
        return false;
    }
}
