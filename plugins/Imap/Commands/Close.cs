namespace MailServer.Plugins.Imap.Commands;

/// <summary>CLOSE (RFC 3501 §6.4.2): expunges without a word, then leaves the folder.</summary>
internal static class Close
{
    public static async ValueTask<Completion> RunAsync(ImapSession session, IFolderView view, CancellationToken cancellationToken)
    {
        var problem = view.Access == FolderAccess.ReadOnly
            ? null
            : (await view.ExpungeAsync(sequences: null, cancellationToken).ConfigureAwait(false)).Problem;
        await session.CloseViewAsync().ConfigureAwait(false);
        return problem is null ? Completion.Ok("CLOSE completed") : Completion.From(problem);
    }
}
