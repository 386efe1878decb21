using System.Collections.Concurrent;
using System.IO.Compression;

namespace MailServer.Server.Listening;

/// <summary>
/// Writes compressed. Every flush ends on a whole octet (RFC 1951 §3.2.4, an empty stored block), so that the peer can read all that was said, and so
/// that the compressor, which takes a third of a megabyte, may be given up then: the next one begins without looking back. The sessions that wrote
/// last keep theirs.
/// </summary>
internal sealed class DeflateOutput(Stream beneath) : OneWayStream
{
    // All together hold 10 MB. A session whose turn comes after so many others begins anew, which costs some tenths of its ratio.
    private const int KeptCompressors = 32;

    private static readonly ConcurrentQueue<DeflateOutput> Kept = new();

    private Compressor? _working;
    private Compressor? _idle;
    private int _isKept;

    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _working ??= Interlocked.Exchange(ref _idle, null) ?? new Compressor(beneath);
        return _working.WriteAsync(buffer, cancellationToken);
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_working is not { } compressor)
            return;
        await compressor.FlushAsync(cancellationToken).ConfigureAwait(false);
        _working = null;
        Volatile.Write(ref _idle, compressor);
        if (Interlocked.Exchange(ref _isKept, 1) != 0)
            return;
        Kept.Enqueue(this);
        if (Kept.Count > KeptCompressors && Kept.TryDequeue(out var oldest))
            oldest.GiveUp();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _working?.Dispose();
            GiveUp();

            // The queue may hold it for a while; not its connection.
            beneath = Null;
        }

        base.Dispose(disposing);
    }

    // Of a session that is writing there is nothing to take; its next flush puts it into the queue again.
    private void GiveUp()
    {
        Volatile.Write(ref _isKept, 0);
        Interlocked.Exchange(ref _idle, null)?.Dispose();
    }

    /// <summary>A compressor that can be let go without its end mark, which would be the end of the connection's data.</summary>
    private sealed class Compressor : OneWayStream
    {
        private readonly Stream _beneath;
        private readonly DeflateStream _deflate;
        private bool _isOver;

        public Compressor(Stream beneath)
        {
            _beneath = beneath;
            _deflate = new(new Outlet(this), CompressionLevel.Fastest, leaveOpen: true);
        }

        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _deflate.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => _deflate.FlushAsync(cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _isOver = true;
                _deflate.Dispose();
            }

            base.Dispose(disposing);
        }

        private sealed class Outlet(Compressor compressor) : OneWayStream
        {
            public override bool CanWrite => true;

            public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
                compressor._isOver ? default : compressor._beneath.WriteAsync(buffer, cancellationToken);

            public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

            public override void Write(byte[] buffer, int offset, int count)
            {
                if (!compressor._isOver)
                    throw new NotSupportedException("only asynchronous writes");
            }

            public override void Write(ReadOnlySpan<byte> buffer)
            {
                if (!compressor._isOver)
                    throw new NotSupportedException("only asynchronous writes");
            }
        }
    }
}
