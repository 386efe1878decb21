using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>LIST (RFC 3501 §6.3.8), with the attributes of RFC 3348 and RFC 6154.</summary>
internal static class List
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.List request, CancellationToken cancellationToken)
    {
        if (request.Pattern.IsEmpty)
        {
            // The delimiter and the root of the reference, which is always the empty one.
            session.Output.Untagged("LIST (\\Noselect) \"/\" \"\"");
            return Completion.Ok("LIST completed");
        }

        // What is no modified UTF-7 is the name of nothing.
        if (!TryReadPattern(request, out var pattern))
            return Completion.Ok("LIST completed");
        var outcome = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        if (!outcome.TryGet(out var folders, out var problem))
            return Completion.From(problem);

        foreach (var folder in folders)
        {
            if (!MailboxPattern.Matches(pattern, folder.Name.Value))
                continue;
            Write(session, folder);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }

        return Completion.Ok("LIST completed");
    }

    /// <summary>Reference and pattern put together and decoded. INBOX is in any case where it is a whole level.</summary>
    public static bool TryReadPattern(ImapRequest.List request, out string pattern)
    {
        byte[] text = [.. request.Reference.Span, .. request.Pattern.Span];
        if (!ModifiedUtf7.TryDecode(text, out pattern))
            return false;
        if (pattern.StartsWith("INBOX", StringComparison.OrdinalIgnoreCase) && (pattern.Length == 5 || pattern[5] is '/' or '*' or '%'))
            pattern = "INBOX" + pattern[5..];
        return true;
    }

    /// <summary>Writes <c>* LIST (attributes) "/" name</c>.</summary>
    public static void Write(ImapSession session, ReadOnlySpan<byte> response, string attributes, FolderName name)
    {
        var writer = session.Output.Begin();
        writer.Raw("* "u8);
        writer.Raw(response);
        writer.Raw(" ("u8);
        writer.Ascii(attributes);
        writer.Raw(") \"/\" "u8);
        FolderNames.Write(ref writer, name);
        writer.EndLine();
        writer.Commit();
    }

    private static void Write(ImapSession session, FolderInfo folder)
    {
        var attributes = new StringBuilder(folder.IsSelectable ? "" : "\\Noselect ");
        attributes.Append(folder.HasChildren ? "\\HasChildren" : "\\HasNoChildren");
        if (folder.SpecialUse is { } use)
            attributes.Append(' ').Append(use);
        Write(session, "LIST"u8, attributes.ToString(), folder.Name);
    }
}
