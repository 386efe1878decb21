using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// What an account holds, kept in <c>maildirsize</c>: a line for each change, no look at a folder. The count may be off by what other programs
/// do; it is made anew when the limits change, when it makes no sense, and before mail is refused on its word after a quarter of an hour.
/// A count that fails, or takes too long, refuses nothing.
/// </summary>
internal sealed partial class AccountQuota(string root, StoreContext store)
{
    /// <summary>Maildir++: a file that says "over quota" is believed for so long.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromMinutes(15);

    /// <summary>How long a message waits for a count: some million files when the disk is quick, and no sender has given up (RFC 5321 §4.5.3.2.3).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly Problem TooLarge = new(new(5, 2, 2), "Message is larger than the mailbox may be") { Reason = ProblemReason.OverQuota };

    private readonly Problem _full = new(new((byte)(store.Options.IsOverQuotaFinal ? 5 : 4), 2, 2), "Mailbox full") { Reason = ProblemReason.OverQuota };
    private readonly Lock _gate = new();
    private readonly string _path = Path.Combine(root, MaildirSize.FileName);
    private DateTimeOffset _counted;
    private Task<MaildirUse>? _counting;
    private MaildirUse _meanwhile;
    private volatile bool _isInDoubt;

    /// <summary>Whose it is, as last seen.</summary>
    public User? Owner { get; set; }

    /// <summary>The limits.</summary>
    public Quota Limit => Owner?.Quota ?? store.Options.Quota;

    /// <summary>Why so much more cannot be taken; null when it can. Full is for now, unless it is configured to be final: the owner may make room.</summary>
    public async ValueTask<Problem?> RefusesAsync(long storage, long messages, CancellationToken cancellationToken)
    {
        var limit = Limit;
        if (!limit.HasLimit)
            return null;
        if (storage > limit.Storage)
            return TooLarge;
        var more = new MaildirUse(storage, messages);
        if (await UsedAsync(limit, cancellationToken).ConfigureAwait(false) is not { } used || used.Fits(more, limit))
            return null;
        if (store.Time.GetUtcNow() - _counted < Believed)
            return _full;
        return await CountAsync(limit, cancellationToken).ConfigureAwait(false) is { } counted && !counted.Fits(more, limit) ? _full : null;
    }

    /// <summary>What the account holds. Without limits nobody counts.</summary>
    /// <exception cref="IOException">It cannot be counted, or not within a reasonable time.</exception>
    public async ValueTask<QuotaUsage> UsageAsync(CancellationToken cancellationToken)
    {
        var limit = Limit;
        if (!limit.HasLimit)
            return new() { Limit = limit };
        return await UsedAsync(limit, cancellationToken).ConfigureAwait(false) is { } used
            ? new() { Storage = used.Storage, Messages = used.Messages, Limit = limit }
            : throw new IOException("the account's messages could not be counted");
    }

    /// <summary>Something came, or, with numbers below zero, went. A file that another server left is kept true, too.</summary>
    public void Change(long storage, long messages)
    {
        if (messages == 0)
            return;
        try
        {
            lock (_gate)
            {
                if (_counting is not null)
                    _meanwhile += new MaildirUse(storage, messages);
                if (File.Exists(_path) && AppendFile.Append(_path, Encoding.ASCII.GetBytes(MaildirSize.Line(storage, messages)), creates: false) > MaildirSize.MaxLength)
                    AddUp();
                if (messages < 0)
                    LowerMark();
            }
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

    private async ValueTask<MaildirUse?> UsedAsync(Quota limit, CancellationToken cancellationToken)
    {
        try
        {
            lock (_gate)
                if (!(_isInDoubt && store.Time.GetUtcNow() - _counted >= Believed) && Read(limit) is { } used)
                    return used;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.QuotaFailed(store.Logger, root, failure.Message);
            return null;
        }

        return await CountAsync(limit, cancellationToken).ConfigureAwait(false);
    }

    private MaildirUse? Read(Quota limit) => MaildirSize.Read(_path) is var (header, used) && header == MaildirSize.Header(limit) ? used : null;

    /// <summary>Counts anew, on a thread of its own; all who ask meanwhile wait for the one count. Null when it fails or takes too long.</summary>
    private async ValueTask<MaildirUse?> CountAsync(Quota limit, CancellationToken cancellationToken)
    {
        Task<MaildirUse> counting;
        lock (_gate)
            counting = _counting ??= store.Quotas.Counters.RunAsync(() => Count(limit));
        try
        {
            return await counting.WaitAsync(Patience, store.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.QuotaFailed(store.Logger, root, $"it takes longer than {Patience.TotalSeconds} seconds, and goes on");
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.QuotaFailed(store.Logger, root, failure.Message);
        }

        return null;
    }

    private MaildirUse Count(Quota limit)
    {
        try
        {
            _isInDoubt = false;
            if (!Directory.Exists(root))
                return default; // an account without mail yet
            store.Reached("counting");
            var found = MaildirCount.Of(new FolderPaths(root, store.Options.Layout).All().Select(place => place.Path));
            lock (_gate)
            {
                // Of what came or went meanwhile the count may have seen a part: it is too high or low by that, until the next.
                found += _meanwhile;
                found = new(Math.Max(found.Storage, 0), Math.Max(found.Messages, 0));
                Write(MaildirSize.Header(limit), found);
                _counted = store.Time.GetUtcNow();
                return found;
            }
        }
        finally
        {
            lock (_gate)
                (_counting, _meanwhile) = (null, default);
        }
    }

    /// <summary>Maildir++ counts anew here; adding up costs the same whatever the account holds.</summary>
    private void AddUp()
    {
        if (MaildirSize.Read(_path) is var (header, used))
            Write(header, used);
        else
            DurableFile.TryUnlink(_path);
    }

    private void Write(string header, MaildirUse used) =>
        DurableFile.WriteAllBytes(_path, Encoding.ASCII.GetBytes($"{header}\n{MaildirSize.Line(used.Storage, used.Messages)}"), DiskFile.Private);
}
