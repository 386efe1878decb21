using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>Reads a file forward and lets the reader look ahead, so that no line need be held whole.</summary>
internal sealed class FileWindow : IDisposable
{
    /// <summary>How far ahead can be looked: a header of common size, and many lines in one read.</summary>
    public const int Size = 64 * 1024;

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[Size * 2];
    private int _start;
    private int _end;
    private long _next;
    private bool _isAtEnd;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public FileWindow(string path) => _file = OpenForReading(path);

    /// <summary>Where in the file the window begins.</summary>
    public long Position => _next - (_end - _start);

    /// <summary>At least so many octets from here on, fewer only where the file ends. Good until the next call.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ReadOnlySpan<byte> Ahead(int count)
    {
        while (_end - _start < count && !_isAtEnd)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            var read = RandomAccess.Read(_file, _buffer.AsSpan(_end), _next);
            _isAtEnd = read == 0;
            _end += read;
            _next += read;
        }

        return _buffer.AsSpan(_start, _end - _start);
    }

    /// <summary>Passes over octets that were seen ahead.</summary>
    public void Advance(int count) => _start += count;

    /// <summary>Octets elsewhere in the file, without moving there.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ReadOnlySpan<byte> At(long position, byte[] into)
    {
        var count = 0;
        while (count < into.Length && RandomAccess.Read(_file, into.AsSpan(count), position + count) is > 0 and var read)
            count += read;
        return into.AsSpan(0, count);
    }

    /// <summary>Whether the file ends there.</summary>
    public bool IsEnd(long position) => RandomAccess.GetLength(_file) == position;

    /// <summary>Whether the file's last line has an end; an empty file has no line without one.</summary>
    public bool EndsWithLine() => RandomAccess.GetLength(_file) is var length && (length == 0 || At(length - 1, new byte[1]) is [(byte)'\n']);

    public void Dispose() => _file.Dispose();

    /// <summary>Others may rename, append and remove while it is read.</summary>
    public static SafeFileHandle OpenForReading(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
}
