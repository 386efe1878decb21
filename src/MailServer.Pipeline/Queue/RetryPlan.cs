namespace MailServer.Pipeline;

/// <summary>When to try again. The wait doubles (RFC 5321 §4.5.4.1), and a fifth of it is left to chance: what failed together must not come again together.</summary>
internal sealed class RetryPlan(QueueOptions options)
{
    private const double Jitter = 0.2;

    /// <summary>The wait after so many tries: between four and six fifths of it.</summary>
    /// <param name="tries">Tries so far, 1 or more.</param>
    /// <param name="chance">From 0 to 1.</param>
    public TimeSpan After(int tries, double chance)
    {
        // 2^20 times a second is twelve days: longer than any queue.
        var wait = options.FirstRetry * Math.Pow(2, Math.Clamp(tries - 1, 0, 20));
        return (wait < options.LongestRetry ? wait : options.LongestRetry) * (1 - Jitter + 2 * Jitter * chance);
    }
}
