using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;

namespace MailServer.Extensibility;

/// <summary>A connection in memory: the handler has one end, a played client the other.</summary>
internal sealed class RehearsalConnection : IMailConnection
{
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();

    public RehearsalConnection() => Transport = new Duplex(_toServer.Reader, _toClient.Writer);

    public ConnectionInfo Info { get; } = new()
    {
        Id = "rehearsal",
        Listener = "rehearsal",
        Local = new IPEndPoint(IPAddress.Loopback, 0),
        Remote = new IPEndPoint(IPAddress.Loopback, 0),
        Tls = new() { Protocol = "TLS1.3", CipherSuite = "TLS_AES_256_GCM_SHA384" },
        AllowsPlaintextAuth = true,
    };

    public IDuplexPipe Transport { get; }

    public bool IsDraining => false;

    public bool IsClosing => false;

    public ValueTask<TlsInfo> StartTlsAsync(CancellationToken cancellationToken) => throw new IOException("a rehearsal is encrypted");

    public void Wake() => _toServer.Reader.CancelPendingRead();

    public void Abort() => HangUp();

    /// <summary>The client is gone: what it has not said it will not say.</summary>
    public void HangUp() => _toServer.Writer.Complete();

    /// <summary>The session is over: nothing more comes.</summary>
    public void End() => _toClient.Writer.Complete();

    /// <summary>Plays one turn. False when the session ends before the answer does.</summary>
    public async ValueTask<bool> PlayAsync(RehearsalTurn turn, CancellationToken cancellationToken)
    {
        if (turn.Says.Length > 0)
            await _toServer.Writer.WriteAsync(Encoding.ASCII.GetBytes(turn.Says), cancellationToken).ConfigureAwait(false);
        var until = Encoding.ASCII.GetBytes(turn.Until);
        while (true)
        {
            var read = await _toClient.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var rest = read.Buffer;
            var isAnswered = false;
            while (!isAnswered && TryReadLine(ref rest, out var line))
                isAnswered = StartsWith(line, until);
            _toClient.Reader.AdvanceTo(rest.Start, rest.End);
            if (isAnswered || read.IsCompleted)
                return isAnswered;
        }
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> octets, out ReadOnlySequence<byte> line)
    {
        line = default;
        if (octets.PositionOf((byte)'\n') is not { } end)
            return false;
        line = octets.Slice(0, end);
        octets = octets.Slice(octets.GetPosition(1, end));
        return true;
    }

    private static bool StartsWith(ReadOnlySequence<byte> line, byte[] beginning) =>
        line.Length >= beginning.Length && line.Slice(0, beginning.Length).ToArray().AsSpan().SequenceEqual(beginning);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
