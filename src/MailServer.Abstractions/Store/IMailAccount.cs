namespace MailServer;

/// <summary>A user's folders. One object a session; dispose it to let go.</summary>
public interface IMailAccount : IAsyncDisposable
{
    /// <summary>Whose it is.</summary>
    User User { get; }

    /// <summary>Lists all folders, INBOX first, then by name; parents that exist only as a name come as not selectable.</summary>
    ValueTask<Outcome<IReadOnlyList<FolderInfo>>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Subscribed names (RFC 9051 §6.3.7); some may not exist any more.</summary>
    ValueTask<Outcome<IReadOnlyList<FolderName>>> ListSubscribedAsync(CancellationToken cancellationToken);

    /// <summary>Subscribes to a name, or ends that.</summary>
    ValueTask<Problem?> SetSubscribedAsync(FolderName folder, bool subscribed, CancellationToken cancellationToken);

    /// <summary>Makes a folder. A folder made again under an old name gets a greater UIDVALIDITY.</summary>
    /// <param name="folder">Its name; missing parents need not be made.</param>
    /// <param name="specialUse">A special use such as <c>\Sent</c> (RFC 6154 §2), or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Problem?> CreateAsync(FolderName folder, string? specialUse, CancellationToken cancellationToken);

    /// <summary>Deletes a folder and its messages. Not INBOX, and not its children.</summary>
    ValueTask<Problem?> DeleteAsync(FolderName folder, CancellationToken cancellationToken);

    /// <summary>Renames a folder and its children. Of INBOX it moves the messages and leaves INBOX empty (RFC 9051 §6.3.6).</summary>
    ValueTask<Problem?> RenameAsync(FolderName from, FolderName to, CancellationToken cancellationToken);

    /// <summary>Counts a folder without opening it (RFC 9051 §6.3.11).</summary>
    ValueTask<Outcome<FolderStatus>> StatusAsync(FolderName folder, CancellationToken cancellationToken);

    /// <summary>Counts a folder; without <see cref="FolderStatus.Size"/> (then 0), which has to look at each file the first time, it is quick.</summary>
    /// <param name="folder">Which.</param>
    /// <param name="withSize">Whether the size is wanted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Outcome<FolderStatus>> StatusAsync(FolderName folder, bool withSize, CancellationToken cancellationToken) =>
        StatusAsync(folder, cancellationToken);

    /// <summary>What the account holds and may hold (RFC 9208 §4.3).</summary>
    ValueTask<Outcome<QuotaUsage>> QuotaAsync(CancellationToken cancellationToken) => new(new QuotaUsage());

    /// <summary>The annotations of a folder, or of the account where no folder is named (RFC 5464); what is here keeps none.</summary>
    ValueTask<Outcome<IReadOnlyList<MetadataEntry>>> MetadataAsync(FolderName? folder, CancellationToken cancellationToken) =>
        new(new Outcome<IReadOnlyList<MetadataEntry>>((IReadOnlyList<MetadataEntry>)[]));

    /// <summary>
    /// Sets annotations, all or none, and removes those whose value is null. They follow a folder that is renamed, and go with one that is deleted.
    /// The problem's reason is <see cref="ProblemReason.LimitReached"/> where there would be more than <see cref="MetadataEntry.MaxEntries"/>.
    /// </summary>
    /// <param name="folder">Which; null for the account itself.</param>
    /// <param name="entries">Names no longer than <see cref="MetadataEntry.MaxName"/>, values than <see cref="MetadataEntry.MaxValue"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Problem?> SetMetadataAsync(FolderName? folder, IReadOnlyList<MetadataEntry> entries, CancellationToken cancellationToken) =>
        new(new Problem(new(5, 3, 3), "This store keeps no annotations") { Reason = ProblemReason.Impossible });

    /// <summary>Opens a folder for one session.</summary>
    /// <param name="folder">Which.</param>
    /// <param name="access">What for.</param>
    /// <param name="session">The connection that <see cref="IFolderView.IsArmed"/> wakes; null when nobody waits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Outcome<IFolderView>> OpenFolderAsync(FolderName folder, FolderAccess access, IMailConnection? session, CancellationToken cancellationToken);

    /// <summary>Starts to add a message.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="internalDate">Its INTERNALDATE; null for now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Outcome<IMessageDraft>> BeginAppendAsync(FolderName folder, MessageFlags flags, DateTimeOffset? internalDate, CancellationToken cancellationToken);

    /// <summary>Starts to add a message in the place of another (<see cref="IFolderView.ReplaceAsync"/>): as <see cref="BeginAppendAsync"/>, and a full account may do it.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="internalDate">Its INTERNALDATE; null for now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Outcome<IMessageDraft>> BeginReplaceAsync(FolderName folder, MessageFlags flags, DateTimeOffset? internalDate, CancellationToken cancellationToken) =>
        BeginAppendAsync(folder, flags, internalDate, cancellationToken);

    /// <summary>
    /// Stores messages of one folder, all or none (RFC 3502 §6.3.11); durable when it returns values, in the same order. What is here stores one
    /// after the other.
    /// </summary>
    /// <param name="drafts">From <see cref="BeginAppendAsync"/>, all for the same folder, and at least one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    async ValueTask<Outcome<IReadOnlyList<AppendResult>>> CommitAsync(IReadOnlyList<IMessageDraft> drafts, CancellationToken cancellationToken)
    {
        var results = new List<AppendResult>();
        foreach (var draft in drafts)
        {
            var stored = await draft.CommitAsync(cancellationToken).ConfigureAwait(false);
            if (!stored.TryGet(out var result, out var problem))
                return problem;
            results.Add(result);
        }

        return results;
    }
}
