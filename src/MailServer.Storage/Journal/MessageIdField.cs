using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>The Message-ID of a message that a session brings in, by which people ask the journal.</summary>
internal static class MessageIdField
{
    /// <summary>Octets that nearly every field above Message-ID ends in: traces, signatures, seals.</summary>
    private const int FirstPiece = 4 * 1024;

    /// <summary>Octets looked at. A field further down is not found, and the journal knows the message by its name alone.</summary>
    private const int MaxHeader = 32 * 1024;

    /// <summary>The field's value; null when there is none, or the file cannot be read.</summary>
    public static string? In(string path)
    {
        try
        {
            using var file = DiskFile.Open(path);
            for (var length = FirstPiece; ; length = MaxHeader)
            {
                var text = new byte[length];
                var count = RandomAccess.Read(file, text, 0);
                var found = Find(text.AsSpan(0, count), out var isWhole);
                if (found is not null || isWhole || count < length || length == MaxHeader)
                    return found;
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return null;
        }
    }

    /// <summary>The field's value in header fields that are at hand.</summary>
    public static string? Among(ReadOnlySpan<byte> fields) => Find(fields, out _);

    /// <param name="text">The beginning of a message.</param>
    /// <param name="isWhole">Whether the header ends there.</param>
    private static string? Find(ReadOnlySpan<byte> text, out bool isWhole)
    {
        isWhole = false;
        var scan = new HeaderScan(text);
        while (scan.Next())
            if (scan.Is("Message-ID"u8))
                return scan.Text() is { Length: > 0 } value ? value : null;
        isWhole = text[scan.End..] is [(byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..];
        return null;
    }
}
