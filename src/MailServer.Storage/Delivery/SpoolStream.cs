using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>Reads a spooled body: the part in the file, then the part in memory.</summary>
internal sealed class SpoolStream(SafeFileHandle file, long inFile, ReadOnlyMemory<byte> rest) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => inFile + rest.Length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _position >= Length)
            return 0;
        int count;
        if (_position < inFile)
        {
            count = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, inFile - _position)], _position);
            if (count == 0)
                throw new EndOfStreamException("the spool file is shorter than what was written into it");
        }
        else
        {
            var left = rest.Span[(int)(_position - inFile)..];
            count = Math.Min(buffer.Length, left.Length);
            left[..count].CopyTo(buffer);
        }

        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        var target = offset + (origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            _ => Length,
        });
        ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(offset));
        return _position = target;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
