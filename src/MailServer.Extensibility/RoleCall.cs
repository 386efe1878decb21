using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>Asks one plugin in a role. Its exceptions become a line in the log here, and no caller waits for it for ever.</summary>
internal static class RoleCall
{
    /// <summary>A directory over a slow network answers within seconds; a peer waits some minutes for any reply (RFC 5321 §4.5.3.2).</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Gives the plugin's answer, or another one when it throws or takes too long.</summary>
    /// <param name="role">Which role, for the log.</param>
    /// <param name="plugin">Who is asked.</param>
    /// <param name="ask">The question.</param>
    /// <param name="otherwise">The answer when there is none.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async ValueTask<T> AskAsync<T>(
        string role, string plugin, Func<ValueTask<T>> ask, T otherwise, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var answer = ask();
            return answer.IsCompletedSuccessfully ? answer.Result : await answer.AsTask().WaitAsync(Limit, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary; the caller is told that it cannot be told now
        catch (Exception e)
#pragma warning restore CA1031
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.RoleThrew(logger, plugin, role, OneLine.Of(e));
            return otherwise;
        }
    }
}
