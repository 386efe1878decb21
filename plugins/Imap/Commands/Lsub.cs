using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>LSUB (RFC 3501 §6.3.9).</summary>
internal static class Lsub
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.Lsub request, CancellationToken cancellationToken)
    {
        if (request.Pattern.IsEmpty)
        {
            session.Output.Untagged("LSUB (\\Noselect) \"/\" \"\"");
            return Completion.Ok("LSUB completed");
        }

        if (!FolderNames.TryReadPattern(session, request.Reference, request.Pattern, out var pattern))
            return Completion.Ok("LSUB completed");
        var outcome = await account.ListSubscribedAsync(cancellationToken).ConfigureAwait(false);
        if (!outcome.TryGet(out var names, out var problem))
            return Completion.From(problem);

        var told = new HashSet<string>(names.Select(name => name.Value), StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (MailboxPattern.Matches(pattern, name.Value))
                ListWriter.Write(session, "LSUB"u8, "", name);
            else
                TellParents(session, pattern, name.Value, told);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }

        return Completion.Ok("LSUB completed");
    }

    // With %, a parent that is not subscribed itself stands for its subscribed children, as \Noselect.
    private static void TellParents(ImapSession session, string pattern, string name, HashSet<string> told)
    {
        for (var end = name.LastIndexOf('/'); end > 0; end = name.LastIndexOf('/', end - 1))
            if (MailboxPattern.Matches(pattern, name.AsSpan(0, end)) && told.Add(name[..end]))
                ListWriter.Write(session, "LSUB"u8, "\\Noselect", new(name[..end]));
    }
}
