using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// What imports have brought into an account, in <c>mailserver-imports</c> in its root, so that nothing comes twice: not when an import is
/// broken off and begun again, not when a message was moved or deleted since. Lines are appended, with tabs between the words:
/// <c>+ content origin name folder</c> before a message gets its name, <c>-- name</c> when it turns out not to have got it, <c>=</c> when
/// all lines above are settled. Who holds the file is the only import into the account.
/// </summary>
internal sealed class ImportRecord : IDisposable
{
    public const string FileName = "mailserver-imports";

    private readonly HashSet<(ContentHash Content, string Folder)> _contents = [];
    private readonly HashSet<(ContentHash Origin, string Folder)> _origins = [];
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal); // each name once in memory
    private readonly FileStream? _file;
    private string _pending = "";

    private ImportRecord(FileStream? file) => _file = file;

    /// <summary>Opens the record, and settles what an import that died has left open.</summary>
    /// <param name="paths">The account.</param>
    /// <param name="isReadOnly">Whether nothing is to be written.</param>
    /// <exception cref="IOException">It cannot be read or written, or another import has it.</exception>
    public static ImportRecord Open(FolderPaths paths, bool isReadOnly)
    {
        var path = Path.Combine(paths.Root, FileName);
        if (isReadOnly)
        {
            var seen = new ImportRecord(null);
            if (File.Exists(path))
                seen.Read(File.ReadLines(path), paths);
            return seen;
        }

        var file = ExclusiveFile.Open(path, "another import into this account is at work");
        var record = new ImportRecord(file);
        using (var reader = new StreamReader(file, leaveOpen: true))
            record.Read(Lines(reader), paths);
        DurableFile.SyncDirectory(paths.Root);
        return record;
    }

    public bool HasContent(ContentHash content, FolderName folder) => _contents.Contains((content, folder.Value));

    public bool HasOrigin(ContentHash origin, FolderName folder) => _origins.Contains((origin, folder.Value));

    /// <summary>Says what is about to come in. Durable when it returns.</summary>
    /// <exception cref="IOException">It failed; nothing may come in.</exception>
    public void Announce(IEnumerable<ImportLine> lines)
    {
        var text = new StringBuilder(_pending);
        foreach (var line in lines)
        {
            text.Append("+\t").Append(line.Content).Append('\t').Append(line.Origin).Append('\t').Append(line.Name).Append('\t').Append(line.Folder).Append('\n');
            Add(line.Content, line.Origin, line.Folder.Value);
        }

        Append(text.ToString());
        _pending = "";
    }

    /// <summary>All that was announced is in. Written with what is announced next: until then the folders themselves tell.</summary>
    public void Settle() => _pending = "=\n";

    public void Dispose()
    {
        try
        {
            if (_file is not null && _pending.Length > 0)
                Append(_pending);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // The next import looks at the folders.
        }

        _file?.Dispose();
    }

    private void Append(string text) => ExclusiveFile.Append(_file!, text);

    private void Read(IEnumerable<string> lines, FolderPaths paths)
    {
        List<ImportLine> open = [];
        foreach (var line in lines)
            if (line is "=")
                open.Clear();
            else if (line.Split('\t') is ["+", var content, var origin, var name, var folder]
                && ContentHash.TryParse(content, out var message) && ContentHash.TryParse(origin, out var source))
            {
                open.Add(new(message, source, name, new(folder)));
                Add(message, source, folder);
            }
            else if (line.Split('\t') is ["--", var missing] && open.FindIndex(known => known.Name == missing) is >= 0 and var index)
                Remove(open[index]);
        Settle(open, paths);
    }

    /// <summary>A name that neither the directories nor the UID list know was not given: the import died before.</summary>
    private void Settle(List<ImportLine> open, FolderPaths paths)
    {
        if (open.Count == 0)
            return;
        var text = new StringBuilder();
        foreach (var folder in open.GroupBy(line => line.Folder))
        {
            var known = paths.PlaceOf(folder.Key) is { } place ? NamesIn(place) : [];
            foreach (var line in folder.Where(line => !known.Contains(line.Name)))
            {
                text.Append("--\t").Append(line.Name).Append('\n');
                Remove(line);
            }
        }

        if (_file is not null)
            Append(text.Append("=\n").ToString());
    }

    private static HashSet<string> NamesIn(FolderPlace place)
    {
        var names = new[] { place.New, place.Cur }.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Select(path => UniqueOf(Path.GetFileName(path)));
        var list = place.File(UidList.FileName);
        var records = File.Exists(list) ? UidList.Parse(File.ReadAllBytes(list))?.Records.Values.Select(record => UniqueOf(record.BaseName)) : null;
        return names.Concat(records ?? []).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>A base name without the sizes.</summary>
    private static string UniqueOf(string fileName)
    {
        var baseName = MessageName.BaseOf(fileName);
        var comma = baseName.IndexOf(',');
        return (comma < 0 ? baseName : baseName[..comma]).ToString();
    }

    private static IEnumerable<string> Lines(StreamReader reader)
    {
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private void Add(ContentHash content, ContentHash origin, string folder)
    {
        if (!_folders.TryGetValue(folder, out var shared))
            _folders[folder] = shared = folder;
        _contents.Add((content, shared));
        _origins.Add((origin, shared));
    }

    private void Remove(ImportLine line)
    {
        _contents.Remove((line.Content, line.Folder.Value));
        _origins.Remove((line.Origin, line.Folder.Value));
    }
}

/// <summary>A message that an import brings in.</summary>
/// <param name="Content">What it is.</param>
/// <param name="Origin">Where it was.</param>
/// <param name="Name">Its base name in the store, without the sizes.</param>
/// <param name="Folder">Where it goes.</param>
internal readonly record struct ImportLine(ContentHash Content, ContentHash Origin, string Name, FolderName Folder);
