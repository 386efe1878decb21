using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace MailServer.Wire.Smtp;

/// <summary>
/// <c>Path = "&lt;" [ A-d-l ":" ] Mailbox "&gt;"</c> (RFC 5321 §4.1.2), with the UTF-8 of RFC 6531 §3.3. The source route is read and
/// forgotten, as RFC 5321 §4.1.2 and appendix C ask. The brackets may be left out, as old machines do and everybody takes.
/// </summary>
public readonly ref struct SmtpPath
{
    /// <summary>RFC 5321 §4.5.3.1.1.</summary>
    public const int MaxLocalPart = 64;

    /// <summary>RFC 5321 §4.5.3.1.2.</summary>
    public const int MaxDomain = 255;

    /// <summary>RFC 5321 §4.5.3.1.3, with the brackets.</summary>
    public const int MaxPath = 256;

    // atext of RFC 5322 §3.2.3, and the octets of UTF-8 (RFC 6531 §3.3).
    private static readonly SearchValues<byte> AtomOctets = SearchValues.Create(
        [.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~"u8, .. Enumerable.Range(128, 128).Select(octet => (byte)octet)]);

    private SmtpPath(ReadOnlySpan<byte> localPart, ReadOnlySpan<byte> domain)
    {
        LocalPart = localPart;
        Domain = domain;
    }

    /// <summary>The local part as it was written, with its quotes.</summary>
    public ReadOnlySpan<byte> LocalPart { get; }

    /// <summary>The domain or address literal as it was written; empty for <c>&lt;&gt;</c> and <c>&lt;Postmaster&gt;</c>.</summary>
    public ReadOnlySpan<byte> Domain { get; }

    /// <summary>Whether it is the null reverse-path <c>&lt;&gt;</c> (RFC 5321 §4.5.5).</summary>
    public bool IsNull => LocalPart.IsEmpty;

    /// <summary>Whether it is <c>&lt;Postmaster&gt;</c> without a domain, which every server must take (RFC 5321 §4.5.1).</summary>
    public bool IsPostmaster => !LocalPart.IsEmpty && Domain.IsEmpty;

    /// <summary>Whether the domain is an address literal (RFC 5321 §4.1.3).</summary>
    public bool IsLiteral => Domain is [(byte)'[', ..];

    /// <summary>Whether no octet is above 127, so that SMTPUTF8 is not needed.</summary>
    public bool IsAscii => Ascii.IsValid(LocalPart) && Ascii.IsValid(Domain);

    /// <summary>Writes the local part without quotes and backslashes: <c>"a b"</c> and <c>a\ b</c> name the same mailbox (RFC 5321 §4.1.2).</summary>
    /// <param name="destination">At least as long as <see cref="LocalPart"/>.</param>
    /// <returns>How many octets were written.</returns>
    public int WriteLocalPart(Span<byte> destination)
    {
        if (LocalPart is not [(byte)'"', ..])
        {
            LocalPart.CopyTo(destination);
            return LocalPart.Length;
        }

        var written = 0;
        var content = LocalPart[1..^1];
        for (var i = 0; i < content.Length; i++)
            destination[written++] = content[i] == '\\' ? content[++i] : content[i];
        return written;
    }

    /// <summary>Reads <c>Reverse-path = Path / "&lt;&gt;"</c> at the start of a text.</summary>
    public static SmtpFault TryReadReversePath(ReadOnlySpan<byte> text, out SmtpPath path, out int consumed)
    {
        if (text is [(byte)'<', (byte)'>', ..])
        {
            path = default;
            consumed = 2;
            return SmtpFault.None;
        }

        return TryRead(text, out path, out consumed);
    }

    /// <summary>Reads <c>Forward-path = Path</c> or <c>"&lt;Postmaster&gt;"</c> (RFC 5321 §4.1.1.3) at the start of a text.</summary>
    public static SmtpFault TryReadForwardPath(ReadOnlySpan<byte> text, out SmtpPath path, out int consumed)
    {
        var postmaster = "<Postmaster>"u8;
        if (text.Length >= postmaster.Length && Ascii.EqualsIgnoreCase(text[..postmaster.Length], postmaster))
        {
            path = new(text[1..(postmaster.Length - 1)], default);
            consumed = postmaster.Length;
            return SmtpFault.None;
        }

        return TryRead(text, out path, out consumed);
    }

    private static SmtpFault TryRead(ReadOnlySpan<byte> text, out SmtpPath path, out int consumed)
    {
        path = default;
        consumed = 0;
        var isBracketed = text is [(byte)'<', ..];
        var at = isBracketed ? 1 : 0;
        if (isBracketed && at < text.Length && text[at] == '@' && !TrySkipRoute(text, ref at))
            return SmtpFault.Path;

        var local = LocalPartLength(text[at..]);
        if (local == 0 || at + local >= text.Length || text[at + local] != '@')
            return SmtpFault.Path;
        var localPart = text.Slice(at, local);
        at += local + 1;

        var length = SmtpDomain.Length(text[at..]);
        var end = at + length;
        if (length == 0 || !(isBracketed ? end < text.Length && text[end] == '>' : end == text.Length || text[end] == ' '))
            return SmtpFault.Path;
        var domain = text.Slice(at, length);
        at = isBracketed ? end + 1 : end;

        if (localPart.Length > MaxLocalPart)
            return SmtpFault.LocalPartTooLong;
        if (SmtpDomain.IsTooLong(domain))
            return SmtpFault.DomainTooLong;
        if (at > MaxPath)
            return SmtpFault.PathTooLong;
        if (!Utf8.IsValid(localPart) || !Utf8.IsValid(domain))
            return SmtpFault.Path;

        path = new(localPart, domain);
        consumed = at;
        return SmtpFault.None;
    }

    /// <summary>Reads <c>A-d-l ":"</c> with <c>A-d-l = At-domain *( "," At-domain )</c>.</summary>
    private static bool TrySkipRoute(ReadOnlySpan<byte> text, ref int at)
    {
        while (at < text.Length && text[at] == '@')
        {
            var length = SmtpDomain.Length(text[++at..]);
            at += length;
            if (length == 0 || at >= text.Length)
                return false;
            if (text[at] == ':')
            {
                at++;
                return true;
            }

            if (text[at++] != ',')
                return false;
        }

        return false;
    }

    /// <summary>The length of <c>Local-part = Dot-string / Quoted-string</c> at the start of a text, or 0.</summary>
    private static int LocalPartLength(ReadOnlySpan<byte> text)
    {
        if (text is [(byte)'"', ..])
            return QuotedLength(text);

        var at = 0;
        while (true)
        {
            var end = text[at..].IndexOfAnyExcept(AtomOctets);
            var atom = end < 0 ? text.Length - at : end;
            if (atom == 0)
                return 0;
            at += atom;
            if (at >= text.Length || text[at] != '.')
                return at;
            at++;
        }
    }

    /// <summary><c>Quoted-string = DQUOTE *( qtextSMTP / quoted-pairSMTP ) DQUOTE</c>; an empty one names nobody and is not taken.</summary>
    private static int QuotedLength(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
                return i == 1 ? 0 : i + 1;
            if (text[i] == '\\' && (++i >= text.Length || text[i] > 126))
                return 0;
            if (text[i] is < 32 or 127)
                return 0;
        }

        return 0;
    }
}
