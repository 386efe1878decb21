using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>COPY and UID COPY (RFC 3501 §6.4.7): all messages or none.</summary>
internal static class Copy
{
    public static async ValueTask<Completion> RunAsync(ImapSession session, IFolderView view, ImapRequest.Copy request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryRead(session, request.Mailbox, out var target))
            return FolderNames.Invalid;
        if (!MessageSet.TryResolve(session, view, request.Messages, request.IsUid, out var set))
            return MessageSet.Invalid;
        var sequences = set.ToList();
        if (sequences.Count == 0)
            return Completion.Ok("Nothing to copy");

        var copied = await session.WithProgressAsync(ImapSession.TextOf(request.Tag), view.CopyAsync(sequences, target, cancellationToken)).ConfigureAwait(false);
        return copied.TryGet(out var result, out var problem)
            ? Completion.Ok(CopyUid(result), "COPY completed")
            : Completion.FromTarget(problem);
    }

    /// <summary><c>COPYUID uidvalidity source-set target-set</c>, both in the same order (RFC 4315 §3).</summary>
    public static string CopyUid(CopyResult result) =>
        $"COPYUID {result.UidValidity} {MessageSet.TextOf(result.SourceUids)} {MessageSet.TextOf(result.TargetUids)}";
}
