using System.Buffers;
using MailServer.Posix;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>
/// Keeps a message's body with LF line ends: in memory up to <see cref="InMemory"/>, beyond that in a file without a name of its own in
/// any Maildir, which need not be durable.
/// </summary>
internal sealed class SpoolBuffer(StoreContext store, string directory) : IDisposable
{
    /// <summary>Octets of one message held in memory: most mail fits, and fifty sessions at once hold 6 MiB.</summary>
    public const int InMemory = 128 * 1024;

    private LfConverter _converter;
    private byte[] _memory = [];
    private int _used;
    private SafeFileHandle? _overflow;
    private string? _overflowPath;
    private long _spilled;
    private Exception? _failure;
    private bool _isComplete;

    public long CrlfSize => _converter.CrlfSize;

    /// <summary>Whether the last line has no end.</summary>
    public bool HasOpenEnd { get; private set; }

    public void Append(ReadOnlySpan<byte> octets)
    {
        if (!octets.IsEmpty)
            HasOpenEnd = octets[^1] != '\n';
        while (!octets.IsEmpty && _failure is null)
        {
            var piece = octets[..Math.Min(octets.Length, 16 * 1024)];
            octets = octets[piece.Length..];
            Reserve(LfConverter.MaxLength(piece.Length));
            if (_failure is null)
                _used += _converter.Convert(piece, _memory.AsSpan(_used));
        }
    }

    public void Complete()
    {
        if (!_isComplete)
        {
            _isComplete = true;
            Reserve(2);
            if (_failure is null)
                _used += _converter.Finish(_memory.AsSpan(_used));
        }

        if (_failure is not null)
            throw new IOException("spooling failed before", _failure);
    }

    /// <summary>Writes the fields and the body into a file; gives its size on disk and with CRLF.</summary>
    public (long FileSize, long CrlfSize) CopyTo(SafeFileHandle file, ReadOnlySpan<byte> topFields)
    {
        var converter = default(LfConverter);
        var top = new byte[LfConverter.MaxLength(topFields.Length) + 2];
        var length = converter.Convert(topFields, top);
        length += converter.Finish(top.AsSpan(length));
        var offset = (long)length;
        if (_overflow is null)
        {
            // One write for most mail.
            var whole = ArrayPool<byte>.Shared.Rent(length + _used + 1);
            top.AsSpan(0, length).CopyTo(whole);
            _memory.AsSpan(0, _used).CopyTo(whole.AsSpan(length));
            DiskFile.Write(file, whole.AsSpan(0, length + _used), 0);
            ArrayPool<byte>.Shared.Return(whole);
            return (offset + _used, converter.CrlfSize + CrlfSize);
        }

        DiskFile.Write(file, top.AsSpan(0, length), 0);
        var piece = ArrayPool<byte>.Shared.Rent(64 * 1024);
        for (long from = 0; from < _spilled;)
        {
            var count = RandomAccess.Read(_overflow, piece.AsSpan(0, (int)Math.Min(piece.Length, _spilled - from)), from);
            if (count == 0)
                throw new IOException("the spool file is shorter than what was written into it");
            DiskFile.Write(file, piece.AsSpan(0, count), offset);
            from += count;
            offset += count;
        }

        ArrayPool<byte>.Shared.Return(piece);
        DiskFile.Write(file, _memory.AsSpan(0, _used), offset);
        return (offset + _used, converter.CrlfSize + CrlfSize);
    }

    public Stream OpenRead()
    {
        if (_failure is not null)
            throw new IOException("spooling failed before", _failure);
        if (_overflow is null)
            return new MemoryStream(_memory, 0, _used, writable: false);
        return new SpoolStream(_overflow, _spilled, _memory.AsMemory(0, _used));
    }

    public void Dispose()
    {
        _overflow?.Dispose();
        if (_overflowPath is not null)
            DurableFile.TryUnlink(_overflowPath);
        _overflowPath = null;
    }

    private void Reserve(int count)
    {
        if (_used + count <= _memory.Length)
            return;
        if (_used + count <= InMemory || _used == 0)
        {
            // Not pooled: a stream that OpenRead gave may outlive the buffer.
            Array.Resize(ref _memory, Math.Max(Math.Min(InMemory, Math.Max(_memory.Length * 2, 8192)), _used + count));
            return;
        }

        try
        {
            Spill();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _failure = failure;
        }
    }

    private void Spill()
    {
        if (_overflow is null)
        {
            _overflowPath = Path.Combine(directory, store.Names.Next());
            _overflow = DiskFile.Create(_overflowPath, FileAccess.ReadWrite);
        }

        DiskFile.Write(_overflow, _memory.AsSpan(0, _used), _spilled);
        _spilled += _used;
        _used = 0;

        // A stream that OpenRead gave may still read the old array.
        _memory = new byte[InMemory];
    }
}
