using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using DnsClient;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Relay;

/// <summary>Finds domains' MTA-STS policies (RFC 8461): a TXT record says whether there is one and whether it is new, HTTPS gives it, a file keeps it.</summary>
internal sealed class StsPolicies(RelayContext context, Dns dns, StsCache cache, ILogger logger)
{
    /// <summary>RFC 8461 §3.3 suggests a minute; a message should not wait so long.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>The policy for mail to a domain; null when there is none.</summary>
    public async ValueTask<StsPolicy?> FindAsync(string domain, CancellationToken cancellationToken)
    {
        var now = context.Time.GetUtcNow();
        var known = cache.Find(domain, now);
        var id = await IdAsync(domain, cancellationToken).ConfigureAwait(false);
        if (id is null || id == known?.Id)
            return known?.Policy;
        try
        {
            var text = await FetchAsync(domain, cancellationToken).ConfigureAwait(false);
            if (StsPolicy.Read(text) is { } policy)
            {
                cache.Keep(domain, id, text, now + policy.MaxAge);
                return policy;
            }

            Log.NoPolicy(logger, domain, "what is there is no policy");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.NoPolicy(logger, domain, (e.InnerException ?? e).Message);
        }

        // RFC 8461 §5.1: as long as an older one holds, it holds.
        return known?.Policy;
    }

    private async ValueTask<string?> IdAsync(string domain, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await dns.AskAsync($"_mta-sts.{domain}", QueryType.TXT, cancellationToken).ConfigureAwait(false);
            return StsPolicy.IdOf([.. answer.Answers.TxtRecords().Select(record => string.Concat(record.Text))]);
        }
        catch (RelayException)
        {
            return null;
        }
    }

    private async Task<string> FetchAsync(string domain, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,                                                                               // RFC 8461 §3.3
            UseProxy = false,
            ConnectCallback = async (request, token) => await ConnectAsync(request.DnsEndPoint.Host, token).ConfigureAwait(false),
        };
        if (context.Options.Trust is { } trust)
        {
            var policy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(trust);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        using var client = new HttpClient(handler) { Timeout = Limit, MaxResponseContentBufferSize = StsPolicy.MaxSize };
        using var response = await client.GetAsync(new Uri($"https://mta-sts.{domain}/.well-known/mta-sts.txt"), cancellationToken).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.OK
            ? await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)
            : throw new HttpRequestException($"the answer is {(int)response.StatusCode}");
    }

    private async ValueTask<Stream> ConnectAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var address in (await dns.AddressesAsync(host, cancellationToken).ConfigureAwait(false)).Addresses)
            {
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(address, context.Options.StsPort, cancellationToken).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (SocketException)
                {
                    socket.Dispose();
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            }
        }
        catch (RelayException e)
        {
            throw new IOException(e.Problem.Text, e);
        }

        throw new IOException($"{host} cannot be reached");
    }
}
