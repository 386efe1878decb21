using System.Text;
using System.Text.Unicode;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>
/// Folder names between the wire and the store: in modified UTF-7 (RFC 3501 §5.1.3), or in UTF-8 for clients that have enabled that (RFC 6855 §3,
/// RFC 9051 §5.1).
/// </summary>
internal static class FolderNames
{
    public static Completion Invalid { get; } = Completion.No("CANNOT", "Invalid mailbox name");

    public static bool TryRead(ImapSession session, ReadOnlyMemory<byte> text, out FolderName folder)
    {
        folder = default;
        return TryDecode(session, text.Span, out var name) && FolderName.TryParse(name, out folder);
    }

    /// <summary>A name for CREATE, where a delimiter at the end only announces children (RFC 3501 §6.3.3).</summary>
    public static bool TryReadNew(ImapSession session, ReadOnlyMemory<byte> text, out FolderName folder) =>
        TryRead(session, text.Span is [.., (byte)'/'] ? text[..^1] : text, out folder) && (!session.SpeaksUtf8 || IsNetUnicode(folder.Value));

    /// <summary>Reference and pattern of LIST put together and decoded; INBOX is in any case where it is a whole level. False for what is no name.</summary>
    public static bool TryReadPattern(ImapSession session, ReadOnlyMemory<byte> reference, ReadOnlyMemory<byte> pattern, out string decoded)
    {
        byte[] text = [.. reference.Span, .. pattern.Span];
        if (!TryDecode(session, text, out decoded))
            return false;
        if (decoded.StartsWith("INBOX", StringComparison.OrdinalIgnoreCase) && (decoded.Length == 5 || decoded[5] is '/' or '*' or '%'))
            decoded = "INBOX" + decoded[5..];
        return true;
    }

    public static void Write(ref ResponseWriter writer, ImapSession session, FolderName folder)
    {
        if (session.SpeaksUtf8)
            writer.Utf8AString(Encoding.UTF8.GetBytes(folder.Value));
        else
            writer.AString(Encoding.ASCII.GetBytes(ModifiedUtf7.Encode(folder.Value)));
    }

    private static bool TryDecode(ImapSession session, ReadOnlySpan<byte> text, out string name)
    {
        if (!session.SpeaksUtf8)
            return ModifiedUtf7.TryDecode(text, out name);
        name = Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : "";
        return name.Length > 0 || text.IsEmpty;
    }

    // RFC 6855 §3: neither a line nor a paragraph ends within a name. Whether it is composed is left to the client: the server has no tables for that.
    private static bool IsNetUnicode(string name) => name.IndexOfAny(['\u2028', '\u2029']) < 0;
}
