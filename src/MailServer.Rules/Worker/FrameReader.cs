using System.Buffers.Binary;
using System.Text;

namespace MailServer.Rules;

/// <summary>Reads frames as <see cref="FrameWriter"/> builds them. What comes from a worker may be anything: every length is checked before it is believed.</summary>
internal sealed class FrameReader(Stream stream, int limit)
{
    /// <summary>Octets of a frame from a worker: a decision of 200 steps with the longest texts has some 300 KiB, five answers have 160.</summary>
    public const int FromWorker = 1024 * 1024;

    /// <summary>Octets of a frame to a worker: all scripts of an account, compiled.</summary>
    public const int ToWorker = 32 * 1024 * 1024;

    private readonly byte[] _head = new byte[FrameWriter.HeadLength];
    private byte[] _buffer = new byte[4096];
    private int _length;
    private int _at;

    /// <summary>What the frame read last is.</summary>
    public FrameKind Kind { get; private set; }

    /// <summary>Waits for the next frame. False at the end of the stream.</summary>
    /// <exception cref="FrameException">It is too long, or ends in the middle.</exception>
    public bool Next()
    {
        var got = stream.ReadAtLeast(_head, _head.Length, throwOnEndOfStream: false);
        if (got == 0)
            return false;
        var length = got < _head.Length ? throw new FrameException("ends within a frame") : BinaryPrimitives.ReadInt32LittleEndian(_head) - 1;
        if (length < 0 || length > limit)
            throw new FrameException($"a frame of {length} octets");
        if (_buffer.Length < length)
            _buffer = new byte[length];
        if (stream.ReadAtLeast(_buffer.AsSpan(0, length), length, throwOnEndOfStream: false) < length)
            throw new FrameException("ends within a frame");
        (Kind, _length, _at) = ((FrameKind)_head[4], length, 0);
        return true;
    }

    public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public int Integer() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public double Real() => BitConverter.Int64BitsToDouble(Number());

    public byte Octet() => Take(1)[0];

    public bool Flag() => Octet() switch
    {
        0 => false,
        1 => true,
        var other => throw new FrameException($"a flag of {other}"),
    };

    public DateTimeOffset Date()
    {
        var (ticks, minutes) = (Number(), Number());
        try
        {
            return new(ticks, TimeSpan.FromMinutes(minutes));
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new FrameException("no date");
        }
    }

    /// <summary>A count of things of at least one octet each.</summary>
    public int Count()
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        return count >= 0 && count <= _length - _at ? count : throw new FrameException($"a count of {count}");
    }

    public string? TextOrNull()
    {
        if (_length - _at >= 4 && BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_at)) == -1)
        {
            _at += 4;
            return null;
        }

        return Encoding.UTF8.GetString(Take(Count()));
    }

    public string Text() => TextOrNull() ?? throw new FrameException("a text is missing");

    public byte[] Octets() => Take(Count()).ToArray();

    public List<T> List<T>(Func<FrameReader, T> read)
    {
        var count = Count();
        // Not by the count alone: it may be as large as the frame.
        var values = new List<T>(Math.Min(count, 64));
        for (var i = 0; i < count; i++)
            values.Add(read(this));
        return values;
    }

    /// <summary>Nothing may follow.</summary>
    public void End()
    {
        if (_at != _length)
            throw new FrameException("more than was expected");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _length - _at)
            throw new FrameException("shorter than it says");
        _at += count;
        return _buffer.AsSpan(_at - count, count);
    }
}

/// <summary>The other end sends what cannot be.</summary>
internal sealed class FrameException(string reason) : Exception(reason);
