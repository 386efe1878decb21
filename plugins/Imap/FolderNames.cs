using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>Folder names between the wire (modified UTF-7, RFC 3501 §5.1.3) and the store.</summary>
internal static class FolderNames
{
    public static Completion Invalid { get; } = Completion.No("CANNOT", "Invalid mailbox name");

    public static bool TryRead(ReadOnlyMemory<byte> text, out FolderName folder)
    {
        folder = default;
        return ModifiedUtf7.TryDecode(text.Span, out var name) && FolderName.TryParse(name, out folder);
    }

    /// <summary>A name for CREATE, where a delimiter at the end only announces children (RFC 3501 §6.3.3).</summary>
    public static bool TryReadNew(ReadOnlyMemory<byte> text, out FolderName folder) =>
        TryRead(text.Span is [.., (byte)'/'] ? text[..^1] : text, out folder);

    /// <summary>Reference and pattern of LIST put together and decoded; INBOX is in any case where it is a whole level. False for what is no name.</summary>
    public static bool TryReadPattern(ReadOnlyMemory<byte> reference, ReadOnlyMemory<byte> pattern, out string decoded)
    {
        byte[] text = [.. reference.Span, .. pattern.Span];
        if (!ModifiedUtf7.TryDecode(text, out decoded))
            return false;
        if (decoded.StartsWith("INBOX", StringComparison.OrdinalIgnoreCase) && (decoded.Length == 5 || decoded[5] is '/' or '*' or '%'))
            decoded = "INBOX" + decoded[5..];
        return true;
    }

    public static void Write(ref ResponseWriter writer, FolderName folder) => writer.AString(Encoding.ASCII.GetBytes(ModifiedUtf7.Encode(folder.Value)));
}
