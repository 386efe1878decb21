using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>Reads a message file once, from its beginning, and closes it. Files do not change, so the length at the opening says where the end is.</summary>
internal sealed class MessageStream(SafeFileHandle file, long length) : ForwardStream
{
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        if (_position == length || buffer.IsEmpty)
            return 0;
        var read = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, length - _position)], _position);
        _position += read;
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}
