using System.Buffers;

namespace MailServer.Pipeline;

/// <summary>Reads a file with LF line ends as it was sent: with CRLF. Forward only.</summary>
internal sealed class CrlfStream(Stream file) : Stream
{
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(8192);
    private int _start;
    private int _end;
    private bool _owesLineFeed;
    private bool _isDisposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (buffer.IsEmpty)
            return 0;
        if (_start == _end && !_owesLineFeed)
            (_start, _end) = (0, file.Read(_buffer));
        return Take(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (buffer.IsEmpty)
            return 0;
        if (_start == _end && !_owesLineFeed)
            (_start, _end) = (0, await file.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false));
        return Take(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            ArrayPool<byte>.Shared.Return(_buffer);
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(Span<byte> target)
    {
        var written = 0;
        while (written < target.Length)
        {
            if (_owesLineFeed)
            {
                target[written++] = (byte)'\n';
                _owesLineFeed = false;
                _start++;
                continue;
            }

            var rest = _buffer.AsSpan(_start, _end - _start);
            if (rest.IsEmpty)
                break;
            if (rest[0] == (byte)'\n')
            {
                target[written++] = (byte)'\r';
                _owesLineFeed = true;
                continue;
            }

            var line = rest.IndexOf((byte)'\n');
            var count = Math.Min(line < 0 ? rest.Length : line, target.Length - written);
            rest[..count].CopyTo(target[written..]);
            written += count;
            _start += count;
        }

        return written;
    }
}
