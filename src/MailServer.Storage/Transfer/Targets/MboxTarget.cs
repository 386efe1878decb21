using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// A folder as an mbox (mboxrd, LF). It is written as <c>NAME.mbox.part</c> and gets its name when it is whole; the record says from time to
/// time how much of it is durable, and a repeated export goes on from there.
/// </summary>
internal sealed class MboxTarget : ExportTarget
{
    /// <summary>Octets between two syncs: what is written again after a crash, at most.</summary>
    private const long StepLength = 64L << 20;

    private readonly ExportRecord _record;
    private readonly string _path;
    private readonly FileStream _part;
    private uint _lastUid;
    private long _written;

    private MboxTarget(ExportRecord record, string path, FileStream part, ExportStep step)
    {
        (_record, _path, _part, _lastUid, _written) = (record, path, part, step.LastUid, step.Length);
        _part.Seek(0, SeekOrigin.End);
    }

    /// <summary>Opens the mbox of a folder where the last export has stopped.</summary>
    /// <exception cref="IOException">What is there is not what an export has left.</exception>
    public static MboxTarget Open(string path, ExportRecord record, FolderView view)
    {
        var part = path + ".part";
        var step = record.Find(view.Folder);
        if (File.Exists(path) && step?.Length != new FileInfo(path).Length)
            throw new IOException("there is a file of this name which no export has left so; it was not touched");
        if (File.Exists(part) && (step is null || File.Exists(path) || new FileInfo(part).Length < step.Length))
            throw new IOException("there is a file of this name with .part which no export has left so; it was not touched");
        if (File.Exists(path))
            DurableFile.RenameNoReplace(path, part);
        else if (!File.Exists(part))
        {
            // Said first: what is there then is ours.
            record.Write(view.Folder, view.UidValidity, 0, 0);
            step = record.Find(view.Folder);
        }

        var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 128 * 1024);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, DiskFile.Private);
        file.SetLength(step!.Length);
        return new(record, path, file, step);
    }

    public override bool Has(FolderView view, int sequence) => view.UidAt(sequence) <= _lastUid;

    public override async ValueTask<bool> WriteAsync(FolderView view, int sequence, CancellationToken cancellationToken)
    {
        var info = view.InfoAt(sequence);
        var start = _part.Position;
        try
        {
            if (!await view.WithFileAsync(sequence, path => Write(path, info), cancellationToken).ConfigureAwait(false))
                return false;
        }
        catch
        {
            // Half a message would take the next one's place.
            _part.SetLength(start);
            _part.Seek(start, SeekOrigin.Begin);
            throw;
        }

        _lastUid = info.Uid;
        if (_part.Position - _written >= StepLength)
            Step(view);
        return true;
    }

    public override ValueTask FinishAsync(FolderView view)
    {
        if (_part.Position != _written)
            Step(view);
        _part.Dispose();
        DurableFile.RenameNoReplace(_path + ".part", _path);
        DurableFile.SyncDirectory(Path.GetDirectoryName(_path)!);
        return default;
    }

    public override void Dispose() => _part.Dispose();

    private void Step(FolderView view)
    {
        _part.Flush();
        DiskFile.Sync(_part.SafeFileHandle);
        _written = _part.Position;
        _record.Write(view.Folder, view.UidValidity, _lastUid, _written);
    }

    private void Write(string path, MessageInfo info)
    {
        using var window = new FileWindow(path);
        _part.Write(FromLine.Format(info.InternalDate));
        _part.Write(MboxFields.Format(info.Flags, window.EndsWithLine()));
        var isLineOpen = false;
        while (true)
        {
            if (!isLineOpen && MboxQuoting.IsFrom(window))
                _part.Write(">"u8);
            var ahead = window.Ahead(1);
            if (ahead.IsEmpty)
                break;
            var end = ahead.IndexOf((byte)'\n');
            var length = end < 0 ? ahead.Length : end + 1;
            _part.Write(ahead[..length]);
            isLineOpen = end < 0;
            window.Advance(length);
        }

        _part.Write(isLineOpen ? "\n\n"u8 : "\n"u8);
    }
}
