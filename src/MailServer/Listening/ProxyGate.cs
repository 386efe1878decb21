using System.IO.Pipelines;
using System.Net;
using MailServer.Wire.Proxy;

namespace MailServer.Server.Listening;

/// <summary>Takes the header that a proxy sends before a client's octets. It is asked for where the configuration names the proxy, and believed nowhere else.</summary>
internal static class ProxyGate
{
    // A proxy sends it with its first packet.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Whether a connection from this address begins with a header.</summary>
    public static bool IsProxy(IReadOnlyList<IPNetwork> proxies, IPAddress address)
    {
        foreach (var network in proxies)
            if (network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address))
                return true;
        return false;
    }

    /// <summary>Reads the header, and leaves what follows.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static async ValueTask<ProxyHeader> ReadAsync(PipeReader input, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new IOException("no PROXY header came");
            }

            var reading = ProxyHeader.TryRead(read.Buffer, out var header, out var length);
            input.AdvanceTo(read.Buffer.GetPosition(reading == ProxyReading.Done ? length : 0), reading == ProxyReading.Done ? read.Buffer.GetPosition(length) : read.Buffer.End);
            if (reading == ProxyReading.Done)
                return header;
            if (reading == ProxyReading.Wrong || read.IsCompleted)
                throw new IOException("what came is no PROXY header");
        }
    }
}
