using System.IO.Pipelines;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// A message on its way in: taken with CRLF, kept with LF. Small ones stay in memory until <see cref="SealAsync"/> writes the one file
/// that all recipients' Maildirs link. Dispose it when all are served; nothing is left of it but those links.
/// </summary>
public sealed class SpoolFile : IAsyncDisposable
{
    private readonly SpoolBuffer _buffer;
    private readonly StoreContext _store;
    private readonly string _directory;

    internal SpoolFile(StoreContext store, string directory)
    {
        (_store, _directory) = (store, directory);
        _buffer = new(store, directory);
        Writer = new SpoolWriter(_buffer);
    }

    /// <summary>Takes the bytes. A failing disk does not throw here: <see cref="SealAsync"/> says it.</summary>
    public PipeWriter Writer { get; }

    /// <summary>Octets so far, with CRLF line ends.</summary>
    public long Size => _buffer.CrlfSize;

    /// <summary>The sealed file.</summary>
    internal string? SealedPath { get; private set; }

    /// <summary>The sealed file's size as it is on disk.</summary>
    internal long FileSize { get; private set; }

    /// <summary>The sealed message's size with CRLF line ends.</summary>
    internal long CrlfSize { get; private set; }

    /// <summary>Whether the message's last line has no end.</summary>
    internal bool HasOpenEnd => _buffer.HasOpenEnd;

    /// <summary>Ends the body, puts fields on top and makes the file durable.</summary>
    /// <param name="topFields">Whole header lines, each with its line end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null, or why the disk would not have it.</returns>
    public ValueTask<Problem?> SealAsync(ReadOnlyMemory<byte> topFields, CancellationToken cancellationToken) =>
        SealWithDateAsync(topFields, null, cancellationToken);

    /// <summary>Seals with a date, which becomes the file's modification time.</summary>
    internal async ValueTask<Problem?> SealWithDateAsync(ReadOnlyMemory<byte> topFields, DateTimeOffset? date, CancellationToken cancellationToken)
    {
        if (SealedPath is not null)
            throw new InvalidOperationException("sealed already");
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _buffer.Complete();
            var path = Path.Combine(_directory, _store.Names.Next());
            var file = DiskFile.Create(path);
            SealedPath = path;
            using (file)
            {
                (FileSize, CrlfSize) = _buffer.CopyTo(file, topFields.Span);
                if (date is { } given)
                    DiskFile.SetTime(file, given.UtcDateTime);
                _store.Reached("spool written");
                await _store.Disk.RunAsync(() => DiskFile.Sync(file)).ConfigureAwait(false);
            }

            _store.Reached("spool synced");
            return null;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("spool", failure);
        }
    }

    /// <summary>Whether <see cref="SealAsync"/> has done its work.</summary>
    public bool IsSealed => SealedPath is not null;

    /// <summary>Gives the sealed file another name, which outlives this object. The octets are durable, the name is when its folder is synced.</summary>
    /// <param name="path">The name, which must be free.</param>
    /// <exception cref="IOException">It cannot be given.</exception>
    public void LinkTo(string path)
    {
        var sealedPath = SealedPath ?? throw new InvalidOperationException("not sealed");
        try
        {
            DurableFile.Link(sealedPath, path);
        }
        catch (PosixException e) when (e.IsOtherDevice || e.IsLinkLimit)
        {
            using var source = new FileStream(DiskFile.Open(sealedPath), FileAccess.Read, bufferSize: 0);
            using var copy = new FileStream(DiskFile.Create(path), FileAccess.Write, bufferSize: 0);
            source.CopyTo(copy);
            DiskFile.Sync(copy.SafeFileHandle);
        }
    }

    /// <summary>Opens the body as received, with LF line ends, without the fields put on top. Before and after <see cref="SealAsync"/>.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public Stream OpenRead() => _buffer.OpenRead();

    /// <summary>Ends the body and opens it; from here on <see cref="Size"/> is its whole size.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    internal Stream OpenWhole()
    {
        _buffer.Complete();
        return _buffer.OpenRead();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _buffer.Dispose();
        if (SealedPath is { } path)
            DurableFile.TryUnlink(path);
        return ValueTask.CompletedTask;
    }
}
