using System.IO.Pipelines;
using System.Net;
using System.Text;

namespace MailServer.TestKit;

/// <summary>A connection in memory: the handler has one end, the test the other.</summary>
public sealed class TestConnection : IMailConnection
{
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));

    public TestConnection() => Transport = new Duplex(_toServer.Reader, _toClient.Writer);

    public ConnectionInfo Info { get; set; } = new()
    {
        Id = "t1",
        Listener = "test",
        Local = new IPEndPoint(IPAddress.Loopback, 25),
        Remote = new IPEndPoint(IPAddress.Loopback, 50000),
        CanStartTls = true,
        CanCompress = true,
        AllowsPlaintextAuth = false,
    };

    public IDuplexPipe Transport { get; }

    public bool IsDraining { get; set; }

    public bool IsClosing { get; set; }

    public bool IsAborted { get; private set; }

    /// <summary>
    /// No handshake takes place: the connection is "encrypted" from here on. What the client has sent since the go-ahead is what the real
    /// one would take for its handshake, so it is no error here.
    /// </summary>
    public ValueTask<TlsInfo> StartTlsAsync(CancellationToken cancellationToken)
    {
        var tls = new TlsInfo { Protocol = "TLS1.3", CipherSuite = "TLS_AES_256_GCM_SHA384" };
        Info = Info with { Tls = tls, CanStartTls = false, AllowsPlaintextAuth = true };
        return new(tls);
    }

    /// <summary>Nothing is compressed: what is said stays readable.</summary>
    public void StartCompression() => Info = Info with { CanCompress = false };

    public void Wake() => _toServer.Reader.CancelPendingRead();

    public void Abort()
    {
        IsAborted = true;
        _toServer.Writer.Complete();
    }

    /// <summary>Asks the session to hand over, as the host does at a swap.</summary>
    public void Drain(bool closing = false)
    {
        (IsDraining, IsClosing) = (true, closing);
        Wake();
    }

    /// <summary>The client sends octets as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> octets) => await _toServer.Writer.WriteAsync(octets);

    /// <summary>The client sends a text in Latin-1; the caller writes its line ends.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>The client hangs up.</summary>
    public void HangUp() => _toServer.Writer.Complete();

    /// <summary>The handler's end is over: nothing more will come.</summary>
    public void CompleteOutput() => _toClient.Writer.Complete();

    /// <summary>The next line without its CRLF; null at the end. Fails after ten seconds.</summary>
    public async Task<string?> ReadLineAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            var read = await _toClient.Reader.ReadAsync(limit.Token);
            var text = Encoding.Latin1.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer));
            if (text.IndexOf("\r\n", StringComparison.Ordinal) is var end and >= 0)
            {
                _toClient.Reader.AdvanceTo(read.Buffer.GetPosition(end + 2));
                return text[..end];
            }

            _toClient.Reader.AdvanceTo(read.IsCompleted ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
                return text.Length > 0 ? text : null;
        }
    }

    /// <summary>Exactly so many octets. Fails after ten seconds.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var read = await _toClient.Reader.ReadAtLeastAsync(count, limit.Token);
        var octets = System.Buffers.BuffersExtensions.ToArray(read.Buffer.Slice(0, count));
        _toClient.Reader.AdvanceTo(read.Buffer.GetPosition(count));
        return octets;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
