namespace MailServer.Pipeline;

/// <summary>Calls into plugins: under a time limit, and what they throw becomes a line of text.</summary>
internal static class Guard
{
    /// <summary>Gives the answer, or why there is none.</summary>
    /// <exception cref="OperationCanceledException">The caller has given up, not the clock.</exception>
    public static async ValueTask<(T? Answer, string? Failure)> AskAsync<T>(
        TimeSpan limit, TimeProvider time, Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
        try
        {
            var answer = ask(both.Token);
            if (answer.IsCompletedSuccessfully)
                return (await answer.ConfigureAwait(false), null);

            // A plugin that does not look at its token is left behind; its exception, when one comes, is nobody's.
            var task = answer.AsTask();
            _ = task.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return (await task.WaitAsync(both.Token).ConfigureAwait(false), null);
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (default, timer.IsCancellationRequested ? $"took longer than {limit.TotalSeconds:0.###} s" : OneLine.Of(e));
        }
#pragma warning restore CA1031
    }
}
