namespace MailServer.Wire.Imap;

/// <summary>The announcement of a literal: <c>"{" number64 ["+"] "}" CRLF</c> (RFC 9051 §4.3, RFC 7888).</summary>
/// <param name="Size">How many octets follow.</param>
/// <param name="IsSynchronizing">Whether the client waits for our <c>+</c>.</param>
public readonly record struct LiteralHeader(long Size, bool IsSynchronizing)
{
    /// <summary>Octets of the longest announcement, <c>{9223372036854775807+}</c> and the end of its line.</summary>
    public const int MaxOctets = 24;

    /// <summary>
    /// Looks whether a line (without its CRLF) ends with an announcement. A number too great to be one reads as
    /// <see cref="long.MaxValue"/>, which every limit refuses.
    /// </summary>
    public static bool TryReadAtEnd(ReadOnlySpan<byte> line, out LiteralHeader header)
    {
        header = default;
        if (line is not [.., (byte)'}'])
            return false;
        line = line[..^1];
        var synchronizing = line is not [.., (byte)'+'];
        if (!synchronizing)
            line = line[..^1];

        var open = line.LastIndexOf((byte)'{');
        var digits = line[(open + 1)..];
        if (open < 0 || digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        header = new(ReadSize(digits), synchronizing);
        return true;
    }

    private static long ReadSize(ReadOnlySpan<byte> digits)
    {
        var size = 0L;
        foreach (var digit in digits)
        {
            if (size > (long.MaxValue - 9) / 10)
                return long.MaxValue;
            size = size * 10 + (digit - '0');
        }

        return size;
    }
}
