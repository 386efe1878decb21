using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>Counts the octets of a stored message as protocols send them (RFC822.SIZE, POP3 LIST); see <see cref="CrlfText"/>.</summary>
internal static class CrlfCounter
{
    // Larger blocks gain nothing measurable over a page cache.
    private const int BlockSize = 128 * 1024;

    /// <summary>Reads the file once and counts.</summary>
    public static long Count(SafeFileHandle file, CancellationToken cancellationToken) => Count(file, RandomAccess.GetLength(file), out _, cancellationToken);

    /// <summary>Reads the file's octets up to its length once and counts; says too whether its last line has no end.</summary>
    public static long Count(SafeFileHandle file, long length, out bool hasOpenEnd, CancellationToken cancellationToken)
    {
        hasOpenEnd = false;
        var buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            var (position, added, afterCr) = (0L, 0L, false);
            while (position < length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(BlockSize, length - position)), position);
                if (read == 0)
                    break;
                position += read;
                hasOpenEnd = buffer[read - 1] != '\n';
                added += CrlfText.CountBareLf(buffer.AsSpan(0, read), ref afterCr);
            }

            return position + added;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
