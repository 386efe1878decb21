using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MailServer.Rules;

/// <summary>
/// Builds frames for the pipe between the server and a worker: four octets of length (little-endian, of what follows), one octet that says what it is, and values
/// one after the other. A text or list begins with its length or count as four octets. Nothing names itself: both ends are of one build.
/// </summary>
internal sealed class FrameWriter
{
    /// <summary>Octets before the values.</summary>
    public const int HeadLength = 5;

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    /// <summary>Begins a frame; what was there is forgotten.</summary>
    public FrameWriter Begin(FrameKind kind)
    {
        _buffer.ResetWrittenCount();
        _buffer.GetSpan(HeadLength)[4] = (byte)kind;
        _buffer.Advance(HeadLength);
        return this;
    }

    public FrameWriter Number(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
        return this;
    }

    public FrameWriter Number(double value) => Number(BitConverter.DoubleToInt64Bits(value));

    public FrameWriter Flag(bool value) => Octet(value ? (byte)1 : (byte)0);

    public FrameWriter Octet(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
        return this;
    }

    public FrameWriter Date(DateTimeOffset value) => Number(value.Ticks).Number((long)value.Offset.TotalMinutes);

    /// <summary>Four octets.</summary>
    public FrameWriter Count(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
        return this;
    }

    /// <summary>A text, or null.</summary>
    public FrameWriter Text(string? value)
    {
        if (value is null)
            return Count(-1);
        var room = Encoding.UTF8.GetMaxByteCount(value.Length);
        var written = Encoding.UTF8.GetBytes(value, _buffer.GetSpan(4 + room)[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(4), written);
        _buffer.Advance(4 + written);
        return this;
    }

    public FrameWriter Octets(ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        _buffer.Write(value);
        return this;
    }

    public FrameWriter List<T>(IReadOnlyList<T> values, Action<FrameWriter, T> write)
    {
        Count(values.Count);
        for (var i = 0; i < values.Count; i++)
            write(this, values[i]);
        return this;
    }

    /// <summary>Sends the frame.</summary>
    public void Send(Stream stream)
    {
        if (!System.Runtime.InteropServices.MemoryMarshal.TryGetArray(_buffer.WrittenMemory, out var frame))
            throw new InvalidOperationException();
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(), frame.Count - 4);
        stream.Write(frame.AsSpan());
        stream.Flush();
    }
}

/// <summary>What a frame is.</summary>
internal enum FrameKind : byte
{
    /// <summary>To the worker: the rules to serve from now on.</summary>
    Load = 1,
    /// <summary>To the worker: a mail to decide about.</summary>
    Decide,
    /// <summary>To the worker: what it asked for.</summary>
    Answer,
    /// <summary>From the worker: it is locked down and waits.</summary>
    Ready,
    /// <summary>From the worker: the rules are loaded.</summary>
    Loaded,
    /// <summary>From the worker: a question about the mail.</summary>
    Ask,
    /// <summary>From the worker: where the mail goes.</summary>
    Decided,
    /// <summary>From the worker: why it cannot serve, as a text.</summary>
    Broken,
}
