namespace MailServer.Pipeline;

/// <summary>
/// Counts to how many recipients each account has sent within a day, in steps of an hour: who has stolen a password wants to send to very many.
/// In memory only; a restart forgives.
/// </summary>
/// <param name="perDay">Recipients of one account in a day; 0 for no limit.</param>
/// <param name="time">The clock.</param>
internal sealed class SendingLimit(int perDay, TimeProvider time)
{
    private const int Hours = 24;

    /// <summary>RFC 3463 §3.8, X.7.1: it is policy; and for now only.</summary>
    private static readonly Problem Reached = new(new(4, 7, 1), "You have sent to as many recipients today as you may, try again later") { Reason = ProblemReason.LimitReached };

    private readonly Lock _lock = new();
    private readonly Dictionary<EmailAddress, Account> _accounts = [];

    /// <summary>Takes a place for a recipient, or says why not. It is given back by <see cref="GiveBack"/> when nothing is sent.</summary>
    public Problem? TryTake(EmailAddress account)
    {
        if (perDay == 0)
            return null;
        var hour = Hour();
        lock (_lock)
        {
            if (!_accounts.TryGetValue(account, out var counts))
                _accounts[account] = counts = new();
            counts.Turn(hour);
            if (counts.Sum >= perDay)
                return Reached;
            counts.Add(hour, 1);
            return null;
        }
    }

    /// <summary>Gives places back.</summary>
    public void GiveBack(EmailAddress account, int count)
    {
        if (perDay == 0 || count == 0)
            return;
        var hour = Hour();
        lock (_lock)
            if (_accounts.TryGetValue(account, out var counts))
            {
                counts.Turn(hour);
                counts.Add(hour, -count);
            }
    }

    private long Hour() => time.GetUtcNow().ToUnixTimeSeconds() / 3600;

    /// <summary>One account's last day.</summary>
    private sealed class Account
    {
        private readonly int[] _byHour = new int[Hours];
        private long _last;

        public int Sum { get; private set; }

        /// <summary>Forgets what is older than a day.</summary>
        public void Turn(long hour)
        {
            for (var old = Math.Max(_last + 1, hour - Hours + 1); old <= hour; old++)
            {
                ref var count = ref _byHour[old % Hours];
                Sum -= count;
                count = 0;
            }

            _last = Math.Max(_last, hour);
        }

        // Taken at the end of one hour and given back in the next: a count may be below nothing, the sum is right.
        public void Add(long hour, int count)
        {
            _byHour[hour % Hours] += count;
            Sum += count;
        }
    }
}
