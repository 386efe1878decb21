using System.Collections.Concurrent;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>What all accounts hold.</summary>
internal sealed class Quotas(StoreContext store)
{
    private readonly ConcurrentDictionary<string, AccountQuota> _byRoot = new(StringComparer.Ordinal);

    public AccountQuota Of(string root) => _byRoot.GetOrAdd(root, static (path, context) => new(path, context), store);

    /// <summary>The account's, with the limits that its directory or the configuration gives it.</summary>
    public AccountQuota Of(string root, User user)
    {
        var quota = Of(root);
        quota.Limit = user.Quota ?? store.Options.Quota;
        return quota;
    }
}

/// <summary>
/// What an account holds, kept in <c>maildirsize</c>: a line for each change, no look at a folder. The count may be off by what other programs
/// do; it is made anew when the limits change, when it makes no sense, and before mail is refused on its word after a quarter of an hour.
/// A count that fails refuses nothing.
/// </summary>
internal sealed class AccountQuota(string root, StoreContext store)
{
    /// <summary>Maildir++: a file that says "over quota" is believed for so long.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromMinutes(15);

    private static readonly Problem Full = new(new(4, 2, 2), "Mailbox full") { Reason = ProblemReason.OverQuota };
    private static readonly Problem TooLarge = new(new(5, 2, 2), "Message is larger than the mailbox may be") { Reason = ProblemReason.OverQuota };

    private readonly Lock _gate = new();
    private readonly string _path = Path.Combine(root, MaildirSize.FileName);
    private DateTimeOffset _counted;
    private volatile bool _isInDoubt;

    /// <summary>The limits.</summary>
    public Quota Limit { get; set; } = new();

    /// <summary>Why so much more cannot be taken; null when it can. Full is for now: the owner may make room.</summary>
    public Problem? Refuses(long storage, long messages = 1)
    {
        if (!Limit.HasLimit)
            return null;
        if (storage > Limit.Storage)
            return TooLarge;
        try
        {
            lock (_gate)
            {
                if (Fits(Read(), storage, messages))
                    return null;
                return store.Time.GetUtcNow() - _counted >= Believed && Fits(Count(), storage, messages) ? null : Full;
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.QuotaFailed(store.Logger, root, failure.Message);
            return null;
        }
    }

    /// <summary>What the account holds. Without limits nobody counts.</summary>
    /// <exception cref="IOException">It cannot be counted.</exception>
    public QuotaUsage Usage()
    {
        lock (_gate)
        {
            var (storage, messages) = Limit.HasLimit ? Read() : default;
            return new() { Storage = storage, Messages = messages, Limit = Limit };
        }
    }

    /// <summary>Something came, or, with numbers below zero, went. A file that another server left is kept true, too.</summary>
    public void Change(long storage, long messages)
    {
        if (messages == 0)
            return;
        try
        {
            lock (_gate)
                if (File.Exists(_path) && AppendFile.Append(_path, Encoding.ASCII.GetBytes(MaildirSize.Line(storage, messages)), creates: false) > MaildirSize.MaxLength)
                    AddUp();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.QuotaFailed(store.Logger, root, failure.Message);
        }
    }

    /// <summary>A message that is gone; when nobody knows how large it was, all is counted at the next question.</summary>
    public void Forget(IReadOnlyCollection<FolderEntry> gone)
    {
        if (gone.Count == 0 || !File.Exists(_path))
            return;
        var sizes = gone.Select(entry => entry.IsMeasured ? entry.FileSize : MessageName.SizesOf(entry.BaseName).FileSize).ToList();
        if (sizes.Contains(-1))
            DurableFile.TryUnlink(_path);
        else
            Change(-sizes.Sum(), -sizes.Count);
    }

    /// <summary>Other programs brought or took messages; some of them write that down here, some do not.</summary>
    public void Doubt() => _isInDoubt = true;

    private bool Fits((long Storage, long Messages) used, long storage, long messages) =>
        !(used.Storage + Math.Max(storage, 1) > Limit.Storage) && !(used.Messages + messages > Limit.Messages);

    private (long Storage, long Messages) Read() =>
        !(_isInDoubt && store.Time.GetUtcNow() - _counted >= Believed) && MaildirSize.Read(_path) is { } read && read.Header == MaildirSize.Header(Limit) ? (read.Storage, read.Messages) : Count();

    private (long Storage, long Messages) Count()
    {
        _isInDoubt = false;
        if (!Directory.Exists(root))
            return default; // an account without mail yet
        var paths = new FolderPaths(root, store.Options.Layout);
        var (storage, messages) = MaildirCount.Of(paths.All().Select(place => place.Path));
        Write(MaildirSize.Header(Limit), storage, messages);
        _counted = store.Time.GetUtcNow();
        return (storage, messages);
    }

    /// <summary>Maildir++ counts anew here; adding up costs the same whatever the account holds.</summary>
    private void AddUp()
    {
        if (MaildirSize.Read(_path) is { } read)
            Write(read.Header, read.Storage, read.Messages);
        else
            DurableFile.TryUnlink(_path);
    }

    private void Write(string header, long storage, long messages) =>
        DurableFile.WriteAllBytes(_path, Encoding.ASCII.GetBytes($"{header}\n{MaildirSize.Line(storage, messages)}"), DiskFile.Private);
}
