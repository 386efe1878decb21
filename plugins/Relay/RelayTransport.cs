using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Relay;

/// <summary>Sends queued mail by SMTP: to a smarthost, or to the servers that DNS names for a domain.</summary>
internal sealed class RelayTransport : IOutgoingTransport, IAsyncDisposable
{
    private static readonly Problem NoRoute = new(new(4, 3, 5), "No route of the relay fits this sender and this domain") { Reason = ProblemReason.Unavailable };

    private readonly IReadOnlyList<RelayRoute> _routes;
    private readonly SessionPool _pool;
    private readonly TlsResults? _results;
    private readonly ILogger _logger;

    public RelayTransport(RelayConfig config, IPluginHost host)
    {
        _logger = host.Logging.CreateLogger("relay");
        var isDirect = config.Routes.Any(route => route.Options.IsDirect);
        var directory = isDirect ? host.DataDirectory : "";
        _results = isDirect ? new(directory, host.Time, _logger) : null;
        _routes = [.. config.Routes.Select(route => RouteOf(route, new(route.Options, host.Server.Hostname, host.Time), directory))];
        _pool = new(host.Time);
    }

    private static readonly Problem NoRequireTls = new(new(5, 7, 30), "REQUIRETLS support required");                // RFC 8689 §4.2.1

    private static readonly Problem NoEncryption = new(new(5, 7, 10), "Encryption needed");

    public string Name => "relay";

    public string DestinationOf(string domain) => DestinationOf(null, domain);

    public string DestinationOf(EmailAddress? sender, string domain) => RouteFor(sender, domain)?.DestinationOf(domain) ?? domain;

    public async ValueTask<IReadOnlyList<SendResult>> SendAsync(IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients, CancellationToken cancellationToken)
    {
        var domain = recipients[0].Domain;
        if (RouteFor(message.ReversePath, domain) is not { } route)
            return [.. recipients.Select(_ => new SendResult { Problem = NoRoute })];
        var destination = route.DestinationOf(domain);
        // RFC 8689 §4.2.1: notices travel without it.
        var isStrict = message.Terms.RequiresTls && message.ReversePath is not null;
        try
        {
            if (!isStrict && _pool.Take(destination) is { } kept)
            {
                var results = await SendAsync(kept, destination, message, recipients, cancellationToken).ConfigureAwait(false);
                // It may have ended while nobody looked: that says nothing about the server, as long as the message was not under way.
                if (kept.IsUsable || kept.HasSentData || !results.All(IsLost))
                    return results;
            }

            var session = await OpenAsync(route, domain, isStrict, cancellationToken).ConfigureAwait(false);
            return await SendAsync(session, destination, message, recipients, cancellationToken).ConfigureAwait(false);
        }
        catch (RelayException e)
        {
            var result = new SendResult { Problem = e.Problem, Reply = e.Reply?.Text, IsUnreachable = e.Problem.Status.IsTransient };
            return [.. recipients.Select(_ => result)];
        }
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    private RelayRoute RouteOf(RouteConfig route, RelayContext context, string directory) =>
        new(route.Name, route.Senders, route.Recipients, context, new MailRoutes(context, directory, _logger));

    private RelayRoute? RouteFor(EmailAddress? sender, string domain) => _routes.FirstOrDefault(route => route.Takes(sender, domain));

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
    private async ValueTask<RelaySession> OpenAsync(RelayRoute route, string domain, bool isStrict, CancellationToken cancellationToken)
    {
        RelayException? last = null;
        foreach (var host in await route.Servers.FindAsync(domain, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                var session = await OpenAsync(route, domain, host, isStrict, cancellationToken).ConfigureAwait(false);
                if (!isStrict || session.IsStrict)
                    return session;
                await session.QuitAsync(cancellationToken).ConfigureAwait(false);
                last = new RelayException(NoRequireTls);
            }
            catch (RelayException e)
            {
                Log.NoSession(_logger, host.Name, host.Address, e.Problem.Status, e.Reply?.Text ?? e.Problem.Text);
                last = isStrict && e.Problem.Status.Subject == 7 ? new RelayException(NoEncryption with { Text = $"{NoEncryption.Text}: {e.Problem.Text}" }, e.Reply, e) : e;
            }
        }

        throw last ?? RelayException.NoConnection("The domain has no server");
    }

    private async ValueTask<RelaySession> OpenAsync(RelayRoute route, string domain, RelayHost host, bool isStrict, CancellationToken cancellationToken)
    {
        try
        {
            var session = await RelaySession.OpenAsync(host, route.Context, withTls: true, isStrict, cancellationToken).ConfigureAwait(false);
            if (route.Context.Options.IsDirect)
                Note(domain, session);
            return session;
        }
        catch (RelayException e) when (e.Problem.Status is { Subject: 7, Detail: 5 or 4 })
        {
            if (route.Context.Options.IsDirect)
                _results?.Add(domain, host, host.Policy switch
            {
                _ when e.Problem.Status.Detail == 4 => "starttls-not-supported",
                TlsPolicy.Dane => "validation-failure",
                TlsPolicy.Verified => "certificate-not-trusted",
                _ => "validation-failure",
            }, e.Problem.Text);
            if (route.Context.Options.Tls != RelayTls.Opportunistic || host.Policy.IsMandatory || isStrict)
                throw;
            // RFC 7435 §3: TLS that does not work is no reason not to deliver, where none was asked for.
            Log.WithoutTls(_logger, host.Name, e.Problem.Text);
            return await RelaySession.OpenAsync(host, route.Context, withTls: false, isStrict, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Note(string domain, RelaySession session)
    {
        var isBad = session.Host.Policy is TlsPolicy.Verified { IsTesting: true } && session.CertificateErrors != System.Net.Security.SslPolicyErrors.None;
        _results?.Add(domain, session.Host, !session.Connection.IsTls ? "starttls-not-supported" : isBad ? "certificate-not-trusted" : "successful", isBad ? session.CertificateErrors.ToString() : null);
    }
}
