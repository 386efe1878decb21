using System.IO.Pipelines;
using MailServer.Posix;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Pipeline;

/// <summary>A message's file in the place of the spool that it came through. Nothing can be written.</summary>
internal sealed class StoredSpool(string path, long size) : ISpool
{
    /// <summary>Read at first: nine of ten headers end before, and a disk gives this much as quickly as less.</summary>
    private const int FirstPiece = 16 * 1024;

    public PipeWriter Writer => throw new NotSupportedException("a stored message does not change");

    public long Size => size;

    public bool IsSealed => false;

    public void LinkTo(string path) => throw new NotSupportedException("it is not sent");

    public ValueTask<Problem?> SealAsync(ReadOnlyMemory<byte> topFields, CancellationToken cancellationToken) =>
        throw new NotSupportedException("a stored message does not change");

    public Stream OpenRead() => new FileStream(DiskFile.Open(path), FileAccess.Read, bufferSize: 0);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The file's octets up to the end of its header, or as many as are looked at.</summary>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public static (byte[] Header, long FileSize) ReadHeader(string path)
    {
        using SafeFileHandle file = DiskFile.Open(path);
        var length = RandomAccess.GetLength(file);
        var buffer = new byte[Math.Min(Math.Max(length, 1), FirstPiece)];
        var count = 0;
        while (true)
        {
            var from = Math.Max(0, count - 1);
            var read = RandomAccess.Read(file, buffer.AsSpan(count), count);
            count += read;
            if (buffer.AsSpan(from, count - from).IndexOf("\n\n"u8) is >= 0 and var end)
                return (buffer is [(byte)'\n', ..] ? [] : buffer[..(from + end + 1)], length);
            if (read == 0 || count >= HeaderBlock.MaxOctets)
                return (buffer is [(byte)'\n', ..] ? [] : buffer[..count], length);
            if (count == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(Math.Min(Math.Max(length, buffer.Length + 1L), buffer.Length * 4L), HeaderBlock.MaxOctets));
        }
    }
}
