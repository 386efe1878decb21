using System.Buffers;

namespace MailServer.Storage;

/// <summary>Stored bytes as they are sent (see <see cref="CrlfText"/>), forward only. Disposes its source.</summary>
/// <param name="source">The bytes as they are stored.</param>
/// <param name="exactly">
/// How many octets come out: no more, and fewer is an <see cref="IOException"/>. Null to take what there is.
/// </param>
internal sealed class CrlfStream(Stream source, long? exactly) : ForwardStream
{
    private const int BlockSize = 16 * 1024;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
    private int _start;
    private int _end;
    private bool _afterCr;
    private long _octets;

    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..Wanted(buffer.Length)];
        if (buffer.IsEmpty)
            return 0;
        if (_start == _end)
            (_start, _end) = (0, source.Read(Buffer.AsSpan(0, BlockSize)));
        return Take(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        buffer = buffer[..Wanted(buffer.Length)];
        if (buffer.IsEmpty)
            return 0;
        if (_start == _end)
            (_start, _end) = (0, await source.ReadAsync(Buffer.AsMemory(0, BlockSize), cancellationToken).ConfigureAwait(false));
        return Take(buffer.Span);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(CrlfStream));

    private int Wanted(int length) => exactly is { } all ? (int)Math.Min(length, all - _octets) : length;

    private int Take(Span<byte> buffer)
    {
        CrlfText.Expand(Buffer.AsSpan(_start, _end - _start), buffer, ref _afterCr, out var consumed, out var written);
        _start += consumed;
        _octets += written;
        if (written == 0 && exactly is { } all && _octets < all)
            throw new EndOfStreamException($"the message file ends at octet {_octets} of {all}");
        return written;
    }
}
