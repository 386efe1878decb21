using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// What a folder held before an import: a message that is there already need not come again, however it came. Only messages of the very
/// size are read, each once, so that an import into an empty or a strange folder reads none.
/// </summary>
internal sealed class KnownContent
{
    private readonly SharedFolder _folder;
    private readonly Dictionary<long, List<FolderEntry>> _bySize = [];
    private readonly HashSet<ContentHash> _known = [];

    private KnownContent(SharedFolder folder) => _folder = folder;

    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static async ValueTask<KnownContent> OfAsync(SharedFolder folder, CancellationToken cancellationToken)
    {
        await folder.MeasureAllAsync(cancellationToken).ConfigureAwait(false);
        var known = new KnownContent(folder);
        known.TakeSizes();
        return known;
    }

    /// <summary>Whether the folder has the message; if not, it has it from now on.</summary>
    public async ValueTask<bool> HasAsync(ContentHash hash, long crlfSize, CancellationToken cancellationToken)
    {
        if (_bySize.Remove(crlfSize, out var same))
            foreach (var entry in same)
                await TakeAsync(entry, cancellationToken).ConfigureAwait(false);
        return !_known.Add(hash);
    }

    /// <summary>A message that cannot be read is like no other.</summary>
    private async ValueTask TakeAsync(FolderEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await _folder.WithFileAsync(entry, path =>
            {
                using var file = new FileStream(DiskFile.Open(path), FileAccess.Read, bufferSize: 0);
                _known.Add(ContentHash.Of(file));
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(_folder.Logger, $"reading {entry.FileName} to compare it", failure.Message);
        }
    }

    private void TakeSizes()
    {
        lock (_folder.Gate)
            foreach (var entry in _folder.Entries)
            {
                if (!_bySize.TryGetValue(entry.CrlfSize, out var same))
                    _bySize[entry.CrlfSize] = same = [];
                same.Add(entry);
            }
    }
}
