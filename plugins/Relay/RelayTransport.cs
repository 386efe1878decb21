using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Relay;

/// <summary>Sends queued mail by SMTP: to a smarthost, or to the servers that DNS names for a domain.</summary>
internal sealed class RelayTransport : IOutgoingTransport, IAsyncDisposable
{
    private readonly RelayContext _context;
    private readonly MailRoutes _routes;
    private readonly SessionPool _pool;
    private readonly ILogger _logger;

    public RelayTransport(RelayOptions options, IPluginHost host)
    {
        _context = new(options, host.Server.Hostname, host.Time);
        _routes = new(_context);
        _pool = new(host.Time);
        _logger = host.Logging.CreateLogger("relay");
    }

    public string Name => "relay";

    public string DestinationOf(string domain) => _context.Options.Smarthost?.Host ?? domain;

    public async ValueTask<IReadOnlyList<SendResult>> SendAsync(IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients, CancellationToken cancellationToken)
    {
        var destination = DestinationOf(recipients[0].Domain);
        try
        {
            if (_pool.Take(destination) is { } kept)
            {
                var results = await SendAsync(kept, destination, message, recipients, cancellationToken).ConfigureAwait(false);
                // It may have ended while nobody looked: that says nothing about the server, as long as the message was not under way.
                if (kept.IsUsable || kept.HasSentData || !results.All(IsLost))
                    return results;
            }

            var session = await OpenAsync(destination, cancellationToken).ConfigureAwait(false);
            return await SendAsync(session, destination, message, recipients, cancellationToken).ConfigureAwait(false);
        }
        catch (RelayException e)
        {
            var result = new SendResult { Problem = e.Problem, Reply = e.Reply?.Text, IsUnreachable = e.Problem.Status.IsTransient };
            return [.. recipients.Select(_ => result)];
        }
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    private static bool IsLost(SendResult result) => result is { Problem.Status: { Class: 4, Subject: 4, Detail: 2 }, Reply: null };

    private async ValueTask<IReadOnlyList<SendResult>> SendAsync(
        RelaySession session, string destination, IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients, CancellationToken cancellationToken)
    {
        try
        {
            return await session.SendAsync(message, recipients, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await _pool.ReturnAsync(destination, session).ConfigureAwait(false);
        }
    }

    /// <summary>RFC 5321 §5.1: the servers are tried in order, each of its addresses.</summary>
    private async ValueTask<RelaySession> OpenAsync(string destination, CancellationToken cancellationToken)
    {
        RelayException? last = null;
        foreach (var host in await _routes.FindAsync(destination, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                return await OpenAsync(host, cancellationToken).ConfigureAwait(false);
            }
            catch (RelayException e)
            {
                Log.NoSession(_logger, host.Name, host.Address, e.Problem.Status, e.Reply?.Text ?? e.Problem.Text);
                last = e;
            }
        }

        throw last ?? RelayException.NoConnection("The domain has no server");
    }

    private async ValueTask<RelaySession> OpenAsync(RelayHost host, CancellationToken cancellationToken)
    {
        try
        {
            return await RelaySession.OpenAsync(host, _context, withTls: true, cancellationToken).ConfigureAwait(false);
        }
        catch (RelayException e) when (_context.Options.Tls == RelayTls.Opportunistic && e.Problem.Status is { Subject: 7, Detail: 5 or 4 })
        {
            // RFC 7435 §3: TLS that does not work is no reason not to deliver, where none was asked for.
            Log.WithoutTls(_logger, host.Name, e.Problem.Text);
            return await RelaySession.OpenAsync(host, _context, withTls: false, cancellationToken).ConfigureAwait(false);
        }
    }
}
