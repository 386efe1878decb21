namespace MailServer.Plugins.Imap.Commands;

/// <summary>Writes LIST and LSUB responses (RFC 3501 §7.2.2, §7.2.3).</summary>
internal static class ListWriter
{
    /// <summary><c>* LIST (attributes) "/" name [extended data]</c>.</summary>
    public static void Write(ImapSession session, ReadOnlySpan<byte> response, string attributes, FolderName name, ReadOnlySpan<byte> extended = default)
    {
        var writer = session.Output.Begin();
        writer.Raw("* "u8);
        writer.Raw(response);
        writer.Raw(" ("u8);
        writer.Ascii(attributes);
        writer.Raw(") \"/\" "u8);
        FolderNames.Write(ref writer, session, name);
        writer.Raw(extended);
        writer.EndLine();
        writer.Commit();
    }
}
