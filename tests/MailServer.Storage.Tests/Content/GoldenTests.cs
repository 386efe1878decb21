using System.Security.Cryptography;
using System.Text.Json;
using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>What two other IMAP servers say of 228 mails, sound and broken (imap-dovecot-golden/SOURCE.txt).</summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    [Fact]
    public void Envelope_structure_and_parts_are_those_of_other_servers()
    {
        var folder = Corpora.Find("imap-dovecot-golden", out var reason);
        Assert.SkipWhen(folder is null, reason);
        var (rows, envelopes, trees, parts, allParts) = (0, 0, 0, 0, 0);
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

            envelopes += Same(file, "envelope", row, ImapTree.Parse(structure.Envelope.Span)) ? 1 : 0;
            trees += Same(file, "bodystructure", row, ImapTree.Parse(structure.BodyStructure.Span)) ? 1 : 0;
            foreach (var part in row.GetProperty("parts").EnumerateArray())
            {
                allParts++;
                parts += SamePart(file, part, structure.Root, sent) ? 1 : 0;
            }
        }

        // What differs is broken mail read otherwise: raw 8-bit sent as encoded words, the line end before a boundary (RFC 2046 §5.1.1) counted
        // as the boundary's, unquoted names with spaces kept whole. A figure that falls is a fault.
        Assert.InRange(envelopes, rows - 21, rows);
        Assert.InRange(trees, rows - 24, rows);
        Assert.InRange(parts, allParts - 23, allParts);
        output.WriteLine($"{rows} mails: {envelopes} envelopes, {trees} structures, {parts} of {allParts} parts the same");
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
