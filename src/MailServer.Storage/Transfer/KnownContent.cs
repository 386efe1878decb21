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

    public KnownContent(SharedFolder folder)
    {
        _folder = folder;
        lock (folder.Gate)
            foreach (var entry in folder.Entries)
            {
                if (!_bySize.TryGetValue(entry.CrlfSize, out var same))
                    _bySize[entry.CrlfSize] = same = [];
                same.Add(entry);
            }
    }

    /// <summary>Whether the folder has the message; if not, it has it from now on.</summary>
    /// <exception cref="IOException">A message of the same size cannot be read.</exception>
    public async ValueTask<bool> HasAsync(ContentHash hash, long crlfSize, CancellationToken cancellationToken)
    {
        if (_bySize.Remove(crlfSize, out var same))
            foreach (var entry in same)
                await _folder.WithFileAsync(entry, path =>
                {
                    using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                    _known.Add(ContentHash.Of(file));
                }, cancellationToken).ConfigureAwait(false);
        return !_known.Add(hash);
    }
}
