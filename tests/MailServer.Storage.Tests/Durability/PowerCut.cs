using MailServer.Posix;

namespace MailServer.Storage.Tests;

/// <summary>What a file system that promises nothing keeps when the power goes.</summary>
public enum Kept
{
    /// <summary>Names in directories that were synced, octets of files that were synced, nothing else.</summary>
    OnlyWhatWasSynced,

    /// <summary>All names, as a journal of metadata may; of files only the octets that were synced.</summary>
    NamesButNotOctets,

    /// <summary>Removals at once, and renames of what was there; new names when their directory was synced.</summary>
    RemovalsBeforeAdditions,
}

/// <summary>
/// Watches all calls below a directory and knows what a power cut would leave of it: as POSIX has it, a file's octets are there when the
/// file was synced, and its name when the directory was.
/// </summary>
internal sealed class PowerCut : IDiskProbe, IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly Kept _kept;
    private int _callsLeft;
    private readonly Folder _tree;
    private readonly List<DiskOperation> _operations = [];

    /// <param name="root">The directory.</param>
    /// <param name="kept">What the file system keeps.</param>
    /// <param name="atCall">Before which call that changes something the power goes.</param>
    public PowerCut(string root, Kept kept, int atCall)
    {
        (_root, _kept, _callsLeft) = (root, kept, atCall);
        _tree = Load(root);
        DiskProbe.Add(this);
    }

    /// <summary>The calls so far, in order.</summary>
    public IReadOnlyList<DiskOperation> Operations
    {
        get
        {
            lock (_gate)
                return [.. _operations];
        }
    }

    /// <summary>Whether the power has gone.</summary>
    public bool HasGone { get; private set; }

    public DiskFault Before(in DiskOperation operation, int length)
    {
        if (operation.Call == DiskCall.Open || !operation.Path.StartsWith(_root, StringComparison.Ordinal))
            return default;
        lock (_gate)
            HasGone |= --_callsLeft == 0;
        return HasGone ? throw new KilledException() : default;
    }

    public void After(in DiskOperation operation)
    {
        if (!operation.Path.StartsWith(_root, StringComparison.Ordinal))
            return;
        lock (_gate)
        {
            _operations.Add(operation);
            Apply(operation);
        }
    }

    /// <summary>Makes the directory what the power cut has left. Nobody uses it any more.</summary>
    public void Fall()
    {
        DiskProbe.Remove(this);
        foreach (var path in Directory.GetDirectories(_root))
            Directory.Delete(path, recursive: true);
        foreach (var path in Directory.GetFiles(_root))
            File.Delete(path);
        Save(_tree, _root, _kept);
    }

    public void Dispose() => DiskProbe.Remove(this);

    private void Apply(in DiskOperation operation)
    {
        switch (operation.Call)
        {
            case DiskCall.Create:
                ParentOf(operation.Path).Names[Path.GetFileName(operation.Path)] = new Octets();
                break;
            case DiskCall.MakeDirectory:
                Make(operation.Path);
                break;
            case DiskCall.Sync when Find(operation.Path) is Octets file:
                (file.Synced, file.Time) = (File.ReadAllBytes(operation.Path), File.GetLastWriteTimeUtc(operation.Path));
                break;
            case DiskCall.SyncDirectory when Find(operation.Path) is Folder folder:
                folder.Synced = new(folder.Names);
                break;
            case DiskCall.Link:
                ParentOf(operation.Target!).Names[Path.GetFileName(operation.Target!)] = Find(operation.Path)!;
                break;
            case DiskCall.Rename:
                if (Find(operation.Path) is null)
                    Meet(operation.Path, Outside(operation.Target!));
                ParentOf(operation.Target!).Names[Path.GetFileName(operation.Target!)] = Find(operation.Path)!;
                if (Remove(operation.Path) is { } durable)
                    ParentOf(operation.Target!).Synced[Path.GetFileName(operation.Target!)] = durable;
                break;
            case DiskCall.Unlink or DiskCall.RemoveDirectory:
                Remove(operation.Path);
                break;
        }
    }

    /// <summary>Takes a name away; gives what it stood for durably, where that goes at once too.</summary>
    private Node? Remove(string path)
    {
        ParentOf(path).Names.Remove(Path.GetFileName(path));
        return _kept == Kept.RemovalsBeforeAdditions && ParentOf(path).Synced.Remove(Path.GetFileName(path), out var durable) ? durable : null;
    }

    private void Meet(string path, Octets file) =>
        ParentOf(path).Synced[Path.GetFileName(path)] = ParentOf(path).Names[Path.GetFileName(path)] = file;

    /// <summary>A file that another program has put there, durably.</summary>
    private static Octets Outside(string path) => new() { Synced = File.ReadAllBytes(path), Time = File.GetLastWriteTimeUtc(path) };

    private Folder ParentOf(string path) => (Folder)Find(Path.GetDirectoryName(path)!)!;

    private Node? Find(string path)
    {
        Node? node = _tree;
        foreach (var name in Path.GetRelativePath(_root, path).Split('/').Where(name => name != "."))
            node = (node as Folder)?.Names.GetValueOrDefault(name);
        return node;
    }

    private void Make(string path)
    {
        var at = _tree;
        foreach (var name in Path.GetRelativePath(_root, path).Split('/').Where(name => name != "."))
        {
            if (!at.Names.TryGetValue(name, out var below))
                at.Names[name] = below = new Folder();
            at = (Folder)below;
        }
    }

    /// <summary>What is there at the beginning is durable.</summary>
    private static Folder Load(string directory)
    {
        var folder = new Folder();
        foreach (var path in Directory.GetDirectories(directory))
            folder.Names[Path.GetFileName(path)] = Load(path);
        foreach (var path in Directory.GetFiles(directory))
            folder.Names[Path.GetFileName(path)] = Outside(path);
        folder.Synced = new(folder.Names);
        return folder;
    }

    private static void Save(Folder folder, string path, Kept kept)
    {
        Directory.CreateDirectory(path);
        foreach (var (name, node) in kept == Kept.NamesButNotOctets ? folder.Names : folder.Synced)
        {
            var below = Path.Combine(path, name);
            if (node is Folder inner)
            {
                Save(inner, below, kept);
                continue;
            }

            var file = (Octets)node;
            File.WriteAllBytes(below, file.Synced);
            File.SetLastWriteTimeUtc(below, file.Time);
        }
    }

    private abstract class Node;

    private sealed class Octets : Node
    {
        public byte[] Synced { get; set; } = [];

        public DateTime Time { get; set; } = DateTime.UnixEpoch;
    }

    private sealed class Folder : Node
    {
        public Dictionary<string, Node> Names { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, Node> Synced { get; set; } = [];
    }
}
