using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>A message file as the octets that protocols send (see <see cref="CrlfText"/>). Owns the handle.</summary>
/// <param name="file">The message file, open for reading.</param>
/// <param name="crlfSize">Its size as <see cref="CrlfCounter"/> gives it; what is announced and what is sent are the same number.</param>
/// <param name="map">Checkpoints kept from an earlier opening of the same file, if any.</param>
internal sealed class StoredContent(SafeFileHandle file, long crlfSize, CrlfMap? map = null) : IMessageContent
{
    // Read and flushed in one go: enough to keep a fast link busy, small enough for a thousand sessions at once.
    private const int BlockSize = 64 * 1024;

    // Files stored with CRLF already (or with no line end at all) need no look at their bytes.
    private readonly bool _isPlain = RandomAccess.GetLength(file) == crlfSize;
    private readonly CrlfMap _map = map ?? new CrlfMap();

    public long Size => crlfSize;

    public async ValueTask CopyToAsync(PipeWriter destination, long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, crlfSize - length);

        var buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            var place = _isPlain ? new(offset, offset, false) : _map.Before(offset);
            var isFirst = true;
            while (length > 0)
            {
                var block = buffer.AsMemory(0, (int)Math.Min(BlockSize, crlfSize - place.Octet));

                // The first block is nearly always cached, and most messages have no second: a change of threads would cost more than the read.
                var read = isFirst
                    ? RandomAccess.Read(file, block.Span, place.Position)
                    : await RandomAccess.ReadAsync(file, block, place.Position, cancellationToken).ConfigureAwait(false);
                isFirst = false;
                if (read == 0)
                    throw new EndOfStreamException($"the message file ends before octet {offset + length} of {crlfSize}");

                var before = place.Octet;
                if (_isPlain)
                    WritePlain(block.Span[..read], destination, length, ref place);
                else
                    Write(block.Span[..read], destination, offset, length, ref place);

                var sent = place.Octet - Math.Max(before, offset);
                if (sent <= 0)
                    continue;
                (offset, length) = (offset + sent, length - sent);
                var flush = await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
                if (flush.IsCompleted)
                    return;                                            // nobody reads any more, so nobody counts
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public Stream OpenRead() => new CrlfStream(new HandleStream(file), crlfSize);

    public ValueTask DisposeAsync()
    {
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void WritePlain(ReadOnlySpan<byte> block, PipeWriter destination, long length, ref CrlfMap.Checkpoint place)
    {
        block = block[..(int)Math.Min(block.Length, length)];
        destination.Write(block);
        place = new(place.Position + block.Length, place.Octet + block.Length, false);
    }

    // Passes over what lies before the offset, then writes what is asked for; stops behind the block or the length.
    private void Write(ReadOnlySpan<byte> block, PipeWriter destination, long offset, long length, ref CrlfMap.Checkpoint place)
    {
        var (position, octet, afterCr) = place;
        if (octet < offset)
        {
            var wholeCr = afterCr;
            var whole = block.Length + CrlfText.CountBareLf(block, ref wholeCr);
            if (octet + whole <= offset)
            {
                place = new(position + block.Length, octet + whole, wholeCr);
                _map.Passed(place);
                return;
            }

            CrlfText.Skip(block, offset - octet, ref afterCr, out var passed, out var skipped);
            block = block[passed..];
            (position, octet) = (position + passed, octet + skipped);
        }

        var end = offset + length;
        while (!block.IsEmpty && octet < end)
        {
            var span = destination.GetSpan();
            CrlfText.Expand(block, span[..(int)Math.Min(span.Length, end - octet)], ref afterCr, out var consumed, out var written);
            destination.Advance(written);
            block = block[consumed..];
            (position, octet) = (position + consumed, octet + written);
        }

        place = new(position, octet, afterCr);
        _map.Passed(place);
    }
}
