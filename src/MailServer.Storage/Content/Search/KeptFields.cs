using System.Buffers;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// The header fields that are kept beside a message's structure: those by which mail programs list messages, and searches find them. They are
/// whole fields in their order, so that whatever is asked of one of them has the same answer as from the message.
/// </summary>
internal static class KeptFields
{
    /// <summary>What Thunderbird, mutt and Apple Mail ask of each message in a list; most messages have the half of it.</summary>
    private static readonly string[] Names =
    [
        "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Content-Type", "Priority",
        "X-Priority", "Importance", "Newsgroups", "List-Id", "List-Post", "Content-Description", "Lines", "X-Label", "X-Original-To",
    ];

    /// <summary>Octets kept of one message: some ten times the usual. The references of long threads come to 4 KiB, large address fields to more.</summary>
    private const int Most = 8 * 1024;

    public static bool Has(ReadOnlySpan<byte> name)
    {
        foreach (var kept in Names)
            if (Ascii.EqualsIgnoreCase(name, kept))
                return true;
        return false;
    }

    public static bool Has(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes them out of a header, with CRLF line ends; null when they are too much.</summary>
    public static byte[]? From(SearchHeader header)
    {
        var kept = new ArrayBufferWriter<byte>(1024);
        foreach (var field in header.Where(Has))
        {
            if (kept.WrittenCount + field.Length > Most)
                return null;
            var left = field.Span;
            var afterCr = false;
            while (!left.IsEmpty)
            {
                CrlfText.Expand(left, kept.GetSpan(left.Length + 1), ref afterCr, out var consumed, out var written);
                kept.Advance(written);
                left = left[consumed..];
            }
        }

        return kept.WrittenSpan.ToArray();
    }
}
