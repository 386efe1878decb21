using System.IO.Pipelines;

namespace MailServer.Pipeline;

/// <summary>Passes the octets on to the spool up to a limit; what comes after that is swallowed, so that the peer gets its answer at the end (RFC 1870 §6.3).</summary>
internal sealed class LimitedWriter(PipeWriter? spool, long limit) : PipeWriter
{
    private byte[]? _scratch;
    private bool _isCompleted;
    private bool _isSwallowing = spool is null;

    /// <summary>Octets taken, those swallowed too.</summary>
    public long Size { get; private set; }

    /// <summary>Whether there were more than the limit allows.</summary>
    public bool IsOver => Size > limit;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _isSwallowing || spool is null ? Scratch(sizeHint) : spool.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _isSwallowing || spool is null ? Scratch(sizeHint) : spool.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Size += bytes;
        _isSwallowing |= IsOver;
        if (!_isSwallowing)
            spool?.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _isSwallowing || _isCompleted || spool is null ? new(default(FlushResult)) : spool.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => spool?.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
            return;
        _isCompleted = true;
        spool?.Complete(exception);
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (_isCompleted)
            return;
        _isCompleted = true;
        if (spool is not null)
            await spool.CompleteAsync(exception).ConfigureAwait(false);
    }

    private byte[] Scratch(int sizeHint) => _scratch is { } scratch && scratch.Length >= sizeHint ? scratch : _scratch = new byte[Math.Max(sizeHint, 4096)];
}
