using System.Collections.Concurrent;

namespace MailServer.Storage;

/// <summary>What all accounts hold.</summary>
internal sealed class Quotas(StoreContext store)
{
    private readonly ConcurrentDictionary<string, AccountQuota> _byRoot = new(StringComparer.Ordinal);

    /// <summary>Counts. Two at once are what a disk does gladly; all else that waits for the disk goes before them.</summary>
    public DiskThreads Counters { get; } = new(2, name: "count");

    /// <summary>Writes to an owner whose account has passed a threshold; false when it could not.</summary>
    public Func<QuotaWarning, ValueTask<bool>>? Warn { get; set; }

    public AccountQuota Of(string root) => _byRoot.GetOrAdd(root, static (path, context) => new(path, context), store);

    /// <summary>The account's, with the limits that its directory or the configuration gives it.</summary>
    public AccountQuota Of(string root, User user)
    {
        var quota = Of(root);
        quota.Owner = user;
        return quota;
    }

    /// <summary>Waits for warnings that are being written.</summary>
    public Task SettleAsync() => Task.WhenAll(_byRoot.Values.Select(quota => quota.Warning));
}
