using System.Globalization;
using System.Text;
using MailServer.Posix;
using MimeKit.Utils;

namespace MailServer.Storage;

/// <summary>
/// A folder as a directory of files called <c>DATE-UID-SUBJECT.eml</c>, each the message as it is stored. The list beside them has a file's
/// line before the file has its name.
/// </summary>
internal sealed class EmlTarget : ExportTarget
{
    /// <summary>Files that get their names together.</summary>
    private const int BatchSize = 64;

    /// <summary>Characters of a subject in a name; in UTF-8 four times as many octets, and the name stays below 255.</summary>
    private const int MaxSubject = 50;

    private readonly StoreContext _store;
    private readonly string _directory;
    private readonly FileStream _list;
    private readonly HashSet<string> _there;
    private readonly List<(string Part, string Name, string Line)> _batch = [];

    /// <exception cref="IOException">The directory cannot be written.</exception>
    public EmlTarget(StoreContext store, string directory)
    {
        (_store, _directory) = (store, directory);
        _list = ExclusiveFile.Open(Path.Combine(directory, EmlList.FileName), "another export into this directory is at work");
        _there = Directory.EnumerateFiles(directory, "*.eml").Select(path => BeginningOf(Path.GetFileName(path))).ToHashSet(StringComparer.Ordinal);
    }

    public override bool Has(FolderView view, int sequence) => _there.Contains(BeginningOf(view.InfoAt(sequence)));

    public override async ValueTask<bool> WriteAsync(FolderView view, int sequence, CancellationToken cancellationToken)
    {
        var info = view.InfoAt(sequence);
        var part = Path.Combine(_directory, $".{BeginningOf(info)}.part");
        var subject = "";
        if (!await view.WithFileAsync(sequence, path => subject = Copy(path, part, info.InternalDate), cancellationToken).ConfigureAwait(false))
            return false;
        var name = $"{BeginningOf(info)}{(subject.Length > 0 ? "-" : "")}{subject}.eml";
        _batch.Add((part, name, EmlList.Format(name, info.Flags, info.InternalDate)));
        if (_batch.Count == BatchSize)
            await FlushAsync().ConfigureAwait(false);
        return true;
    }

    public override async ValueTask FinishAsync(FolderView view)
    {
        await FlushAsync().ConfigureAwait(false);
        DurableFile.SyncDirectory(_directory);
    }

    public override void Dispose()
    {
        foreach (var (part, _, _) in _batch)
            DurableFile.TryUnlink(part);
        _list.Dispose();
    }

    private async ValueTask FlushAsync()
    {
        if (_batch.Count == 0)
            return;
        var syncs = _batch.ConvertAll(file => _store.Disk.RunAsync(() =>
        {
            using var handle = DiskFile.OpenToWrite(file.Part);
            DiskFile.Sync(handle);
        }));
        await Task.WhenAll(syncs).ConfigureAwait(false);
        ExclusiveFile.Append(_list, string.Concat(_batch.Select(file => file.Line)));
        foreach (var (part, name, _) in _batch)
            DurableFile.RenameNoReplace(part, Path.Combine(_directory, name));
        _batch.Clear();
    }

    private static string Copy(string path, string part, DateTimeOffset date)
    {
        DurableFile.TryUnlink(part); // left by an export that died
        using var window = new FileWindow(path);
        using var file = DiskFile.Create(part);
        var subject = SubjectOf(window.Ahead(FileWindow.Size));
        for (var offset = 0L; window.Ahead(FileWindow.Size) is { Length: > 0 } piece; offset += piece.Length)
        {
            DiskFile.Write(file, piece, offset);
            window.Advance(piece.Length);
        }

        DiskFile.SetTime(file, date.UtcDateTime);
        return subject;
    }

    private static string SubjectOf(ReadOnlySpan<byte> head)
    {
        for (var scan = new HeaderScan(head); scan.Next();)
            if (scan.Is("Subject"u8))
                return FolderFileName.OfSubject(Rfc2047.DecodeText(Encoding.Latin1.GetBytes(scan.Text())), MaxSubject);
        return "";
    }

    /// <summary>What tells one message's name from another's.</summary>
    private static string BeginningOf(MessageInfo info) =>
        string.Create(CultureInfo.InvariantCulture, $"{info.InternalDate.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{info.Uid:d8}");

    private static string BeginningOf(string name)
    {
        var parts = name.Split('-', 3);
        return parts.Length < 2 ? name : $"{parts[0]}-{Path.GetFileNameWithoutExtension(parts[1])}";
    }
}
