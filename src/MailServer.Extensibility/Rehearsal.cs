using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>
/// Plays the sessions that protocols have a part for, so that their code is compiled before the first real one: what <see cref="Preparation"/> cannot
/// compile ahead are generic methods over a plugin's types, of which every asynchronous method has a handful.
/// </summary>
/// <param name="services">What the second instances get; their mail must be nobody's.</param>
/// <param name="authenticator">Lets nobody in.</param>
/// <param name="accounts">Finds nobody.</param>
/// <param name="logger">Is told of a play that did not go well.</param>
internal sealed class Rehearsal(IPluginServices services, IAuthenticator authenticator, IAccountDirectory accounts, ILogger logger)
{
    // A hundred times what a turn takes on a small machine; a play must not go on for ever.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly List<string> _played = [];

    /// <summary>The protocols that came to the end of their part.</summary>
    public IReadOnlyList<string> Played => _played;

    /// <summary>Plays all parts of a generation. The caller holds a lease.</summary>
    public async ValueTask RunAsync(Generation generation, CancellationToken cancellationToken)
    {
        if (generation.Assembly is not { } assembly || !generation.RolesOf<IProtocolHandler>().Any(handler => handler.Rehearsal.Count > 0))
            return;
        var content = new Generation.Content(assembly, new(services.Time));
        var plugin = content.Plugin = GenerationLoader.Construct(assembly, generation.Manifest, generation.Manifest.FileName);
        try
        {
            var host = new GenerationHost(
                generation.Id, services.ConfigOf(generation.Id), services, authenticator, services.SaslOver(authenticator), accounts, content);
            await plugin.ConfigureAsync(host, cancellationToken).ConfigureAwait(false);
            foreach (var handler in content.Roles.Of<IProtocolHandler>())
                await PlayAsync(generation, handler, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await plugin.DisposeAsync().ConfigureAwait(false);
            content.Time.End();
        }
    }

    private async ValueTask PlayAsync(Generation generation, IProtocolHandler handler, CancellationToken cancellationToken)
    {
        if (handler.Rehearsal is not { Count: > 0 } turns)
            return;
        var start = services.Time.GetTimestamp();
        var connection = new RehearsalConnection();
        var session = RunSessionAsync(handler, connection, cancellationToken);
        try
        {
            foreach (var turn in turns)
                if (!await IsAnsweredAsync(connection, turn, cancellationToken).ConfigureAwait(false))
                {
                    Log.RehearsalEnded(logger, generation.Id, handler.Protocol, turn.Says.TrimEnd());
                    return;
                }

            _played.Add(handler.Protocol);
            Log.Rehearsed(logger, generation.Id, generation.Number, handler.Protocol, (long)services.Time.GetElapsedTime(start).TotalMilliseconds);
        }
        finally
        {
            connection.HangUp();
            await session.ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> IsAnsweredAsync(RehearsalConnection connection, RehearsalTurn turn, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await connection.PlayAsync(turn, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task RunSessionAsync(IProtocolHandler handler, RehearsalConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await handler.RunAsync(connection, null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            connection.End();
        }
    }
}
