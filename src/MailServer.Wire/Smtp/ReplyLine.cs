namespace MailServer.Wire.Smtp;

/// <summary>One line of a server's reply (RFC 5321 §4.2): code, whether another line follows, and the text.</summary>
public readonly ref struct ReplyLine
{
    /// <summary>
    /// Octets of a line with its end. RFC 5321 §4.5.3.1.5 allows 512; real servers put more into a refusal's explanation, and none puts as much as this.
    /// </summary>
    public const int MaxLength = 4096;

    /// <summary>Lines of a reply: an answer to EHLO has some twenty.</summary>
    public const int MaxLines = 128;

    /// <summary>The three digits.</summary>
    public int Code { get; private init; }

    /// <summary>Whether the reply goes on.</summary>
    public bool IsMore { get; private init; }

    /// <summary>What follows the code and one blank or hyphen.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    /// <summary>Reads <c>Reply-code ( "-" / SP ) textstring</c> without its line end; the code alone is a line, too.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out ReplyLine reply)
    {
        reply = default;
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || !char.IsAsciiDigit((char)line[1]) || !char.IsAsciiDigit((char)line[2]))
            return false;
        if (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-'))
            return false;
        reply = new()
        {
            Code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0',
            IsMore = line.Length > 3 && line[3] == '-',
            Text = line.Length > 3 ? line[4..] : default,
        };
        return true;
    }

    /// <summary>Reads the <c>status-code</c> of RFC 2034 §4 at the beginning of a text; false where there is none, or one of another class than the reply's.</summary>
    /// <param name="code">The reply's code.</param>
    /// <param name="text">The text.</param>
    /// <param name="subject">RFC 3463 §3.</param>
    /// <param name="detail">RFC 3463 §3.</param>
    /// <param name="length">Octets of it.</param>
    public static bool TryReadStatus(int code, ReadOnlySpan<byte> text, out ushort subject, out ushort detail, out int length)
    {
        (subject, detail, length) = (0, 0, 0);
        if (text.Length < 5 || text[0] != '0' + code / 100 || text[1] != '.')
            return false;
        var at = 2;
        if (!TryReadNumber(text, ref at, out subject) || at >= text.Length || text[at++] != '.' || !TryReadNumber(text, ref at, out detail))
            return false;
        if (at < text.Length && text[at] != ' ')
            return false;
        length = at;
        return true;
    }

    // RFC 3463 §2: up to three digits.
    private static bool TryReadNumber(ReadOnlySpan<byte> text, ref int at, out ushort number)
    {
        var start = at;
        number = 0;
        while (at < text.Length && at - start < 3 && char.IsAsciiDigit((char)text[at]))
            number = (ushort)(number * 10 + text[at++] - '0');
        return at > start;
    }
}
