using System.Diagnostics.CodeAnalysis;

namespace MailServer.Wire.Imap;

/// <summary><c>address</c> of an ENVELOPE (RFC 3501 §9), as octets.</summary>
/// <param name="Name">The name that is shown, or null.</param>
/// <param name="Mailbox">What is left of the <c>@</c>, a group's name where there is no host; null at the end of a group.</param>
/// <param name="Host">What is right of it, or null.</param>
public sealed record EnvelopeAddress(ReadOnlyMemory<byte>? Name, ReadOnlyMemory<byte>? Mailbox, ReadOnlyMemory<byte>? Host)
{
    /// <summary>Reads the first of <c>"(" 1*("(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")") ")" / nil</c>; false for NIL.</summary>
    public static bool TryReadFirst(ReadOnlyMemory<byte> list, [NotNullWhen(true)] out EnvelopeAddress? address)
    {
        address = null;
        var cursor = new Cursor(list);
        if (!cursor.TrySkipWord("(("u8) || !cursor.TryReadNString(out var name) || !cursor.TrySkipSpace() || !cursor.TryReadNString(out _)
            || !cursor.TrySkipSpace() || !cursor.TryReadNString(out var mailbox) || !cursor.TrySkipSpace() || !cursor.TryReadNString(out var host))
            return false;
        address = new(name, mailbox, host);
        return true;
    }
}
