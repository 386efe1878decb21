using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>Reads a file from its beginning by a handle that belongs to somebody else.</summary>
internal sealed class HandleStream(SafeFileHandle file) : ForwardStream
{
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        var read = RandomAccess.Read(file, buffer, _position);
        _position += read;
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await RandomAccess.ReadAsync(file, buffer, _position, cancellationToken).ConfigureAwait(false);
        _position += read;
        return read;
    }
}
