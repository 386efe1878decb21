using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>Reads frames one after the other, up to the first that is not whole.</summary>
internal sealed class IndexReader(SafeFileHandle file, long position) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
    private int _start;
    private int _end;
    private int _length;

    /// <summary>Where the next frame begins.</summary>
    public long Position { get; private set; } = position;

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(_start - _length, _length);

    /// <summary>Why reading ended before the end of the file.</summary>
    public string? Damage { get; private set; }

    public IndexFrameKind? Next()
    {
        if (!Fill(IndexFrame.HeadLength))
            return End(_end == _start ? null : "the last frame is torn");
        var head = _buffer.AsSpan(_start);
        _length = BinaryPrimitives.ReadInt32LittleEndian(head);
        var (kind, count) = ((IndexFrameKind)BinaryPrimitives.ReadUInt16LittleEndian(head[8..]), BinaryPrimitives.ReadUInt16LittleEndian(head[10..]));
        var sum = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        if (_length is < 0 or > IndexFrame.MaxLength)
            return End("a frame has no length");
        if (!Fill(IndexFrame.HeadLength + _length))
            return End("the last frame is torn");
        if ((IndexFrame.CheckSum(_buffer.AsSpan(_start + IndexFrame.HeadLength, _length)) ^ IndexFrame.Seal(kind, count)) != sum)
            return End("the check sum of a frame is wrong");
        _start += IndexFrame.HeadLength + _length;
        Position += IndexFrame.HeadLength + _length;
        Count = count;
        return kind;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private IndexFrameKind? End(string? damage)
    {
        Damage = damage;
        return null;
    }

    /// <summary>Sees to so many octets in the buffer.</summary>
    private bool Fill(int wanted)
    {
        if (_end - _start >= wanted)
            return true;
        if (_buffer.Length < wanted)
        {
            var larger = ArrayPool<byte>.Shared.Rent(wanted);
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        }

        (_start, _end) = (0, _end - _start);
        while (_end < wanted)
        {
            var read = RandomAccess.Read(file, _buffer.AsSpan(_end), Position + _end);
            if (read == 0)
                return false;
            _end += read;
        }

        return true;
    }
}
