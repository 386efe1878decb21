using System.IO.Pipelines;

namespace MailServer.Storage;

/// <summary>The writing end of a <see cref="SpoolBuffer"/>.</summary>
internal sealed class SpoolWriter(SpoolBuffer buffer) : PipeWriter
{
    private byte[] _segment = [];
    private bool _isCompleted;

    public override bool CanGetUnflushedBytes => true;

    // Octets are taken over in Advance; none ever waits for a flush.
    public override long UnflushedBytes => 0;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ObjectDisposedException.ThrowIf(_isCompleted, this);
        var wanted = Math.Max(sizeHint, 4096);
        if (_segment.Length < wanted)
            _segment = new byte[wanted];
        return _segment;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes) => buffer.Append(_segment.AsSpan(0, bytes));

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_isCompleted, this);
        buffer.Append(source.Span);
        return new(default(FlushResult));
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(default(FlushResult));
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
        _isCompleted = true;
        _segment = [];
    }
}
