using System.Runtime.ExceptionServices;

namespace MailServer.Plugins.Imap;

/// <content>Commands that take long.</content>
internal sealed partial class ImapSession
{
    // A client that hears nothing takes the server for dead; fifteen seconds are what RFC 9585 §4 thinks of, and none gives up before.
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Waits for a step of a command, and says every so often that it is still at work: INPROGRESS (RFC 9585 §4). The step must write nothing itself.
    /// How far it is, it does not tell: both numbers are NIL.
    /// </summary>
    public async ValueTask<T> WithProgressAsync<T>(string tag, ValueTask<T> step)
    {
        if (step.IsCompleted)
            return await step.ConfigureAwait(false);
        var work = step.AsTask();
        ExceptionDispatchInfo? lost = null;
        while (!work.IsCompleted && lost is null)
        {
            using var stop = new CancellationTokenSource();
            await Task.WhenAny(work, Task.Delay(ProgressInterval, services.Time, stop.Token)).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            if (!work.IsCompleted)
                lost = await TryTellProgressAsync(tag).ConfigureAwait(false);
        }

        // The step uses the view: whatever became of the client, it is not left alone with it.
        var result = await work.ConfigureAwait(false);
        lost?.Throw();
        return result;
    }

    private async ValueTask<ExceptionDispatchInfo?> TryTellProgressAsync(string tag)
    {
        try
        {
            Output.Untagged(tag.Length > 0 ? $"OK [INPROGRESS (\"{tag}\" NIL NIL)] Still at work" : "OK [INPROGRESS] Still at work");
            await Output.FlushAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidOperationException)
        {
            return ExceptionDispatchInfo.Capture(exception);
        }
    }
}
