namespace MailServer.Plugins.Pop3;

/// <summary>
/// The maildrop of RFC 1939 §5: INBOX as it was at login, under an exclusive lock. Numbers stay what they were, since the view is never
/// refreshed; a deletion is only a mark until <see cref="UpdateAsync"/>.
/// </summary>
internal sealed class Maildrop : IAsyncDisposable
{
    private readonly HashSet<int> _deleted;

    public Maildrop(IMailAccount account, IFolderView view, HashSet<int>? deleted = null)
    {
        (Account, View, _deleted) = (account, view, deleted ?? []);
        for (var message = 1; message <= view.Count; message++)
            if (!_deleted.Contains(message))
                Size += SizeOf(message);
    }

    public IMailAccount Account { get; }

    public IFolderView View { get; }

    public IReadOnlyCollection<int> Deleted => _deleted;

    /// <summary>How many messages have no mark.</summary>
    public int Count => View.Count - _deleted.Count;

    /// <summary>Their octets, with CRLF line ends.</summary>
    public long Size { get; private set; }

    /// <summary>Logs in to a user's maildrop.</summary>
    public static async ValueTask<Outcome<Maildrop>> OpenAsync(IMailStore store, User user, Author author, CancellationToken cancellationToken)
    {
        if (!(await store.OpenAsync(user, author, cancellationToken).ConfigureAwait(false)).TryGet(out var account, out var problem))
            return problem;
        var isOpen = false;
        try
        {
            var opened = await account.OpenFolderAsync(FolderName.Inbox, FolderAccess.Maildrop, session: null, cancellationToken).ConfigureAwait(false);
            if (!opened.TryGet(out var view, out problem))
                return problem;
            if (view.Count > 0)
                await view.MeasureAsync(1, view.Count, cancellationToken).ConfigureAwait(false);
            isOpen = true;
            return new Maildrop(account, view);
        }
        finally
        {
            if (!isOpen)
                await account.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whether there is such a message, without a mark.</summary>
    public bool Has(int message) => message >= 1 && message <= View.Count && !_deleted.Contains(message);

    /// <summary>Octets that RETR sends: RFC 1939 §3 has CRLF at the end of each line, also of a last one that has none.</summary>
    public long SizeOf(int message) => View.InfoAt(message) is var info && info.HasOpenEnd ? info.Size + 2 : info.Size;

    public void Delete(int message)
    {
        if (_deleted.Add(message))
            Size -= SizeOf(message);
    }

    /// <summary>Takes all marks away.</summary>
    public void Reset()
    {
        foreach (var message in _deleted)
            Size += SizeOf(message);
        _deleted.Clear();
    }

    /// <summary>The UPDATE state: removes what is marked.</summary>
    public async ValueTask<Problem?> UpdateAsync(CancellationToken cancellationToken)
    {
        if (_deleted.Count == 0)
            return null;
        var removed = await View.ExpungeAsync([.. _deleted.Order()], cancellationToken).ConfigureAwait(false);
        return removed.Problem;
    }

    public async ValueTask DisposeAsync()
    {
        await View.DisposeAsync().ConfigureAwait(false);
        await Account.DisposeAsync().ConfigureAwait(false);
    }
}
