using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>
/// The file and its last good reading. Each look asks the file system whether the file is another than the one read (one cheap call), so
/// no watcher and no timer is needed. A file that can't be read leaves the last good table in service.
/// </summary>
internal sealed class PasswordFile(string path, LineReader reader, TimeProvider time, ILogger logger)
{
    // 100 bytes an account: some 600,000 of them. More is a wrong file.
    private const long MaxSize = 64 << 20;

    // An editor may write in place, first nothing and then the lines. A file that has lost accounts is believed once it has been quiet, or
    // when something else than writing happened to it last: a rename, as after our own edits.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private volatile Reading _last = new(PasswordTable.Empty, default, null);

    /// <summary>Where it is, with links followed, so that an edit replaces the file and not the link.</summary>
    public string RealPath => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    public LineReader Reader => reader;

    /// <summary>Reads the file. Returns why it could not, or null.</summary>
    public string? Load()
    {
        lock (_lock)
            return Refresh(Stamp.Of(path), mayLose: true).Failure;
    }

    /// <summary>The accounts as the file has them now, or had them when it could last be read.</summary>
    public PasswordTable Current()
    {
        var stamp = Stamp.Of(path);
        if (stamp == _last.Stamp)
            return _last.Table;
        lock (_lock)
            return (stamp == _last.Stamp ? _last : Refresh(stamp, mayLose: false)).Table;
    }

    /// <summary>All of the file's bytes.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadBytes(string path)
    {
        // FileShare.ReadWrite: .NET takes no lock that another program could stand in the way of.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.Length > MaxSize)
            throw new IOException($"it is larger than {MaxSize >> 20} MiB");
        var bytes = new byte[file.Length];
        var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count == bytes.Length ? bytes : bytes[..count];
    }

    private Reading Refresh(Stamp stamp, bool mayLose)
    {
        var reading = Read(stamp);
        if (reading.Failure is { } failure)
        {
            if (failure != _last.Failure)
                Log.Unreadable(logger, path, failure);
            return _last = reading with { Table = _last.Table };
        }

        if (!mayLose && stamp.IsBeingWritten && stamp.Age(time) < Quiet && reading.Table.Lacks(_last.Table))
            return _last;
        return _last = reading;
    }

    private Reading Read(Stamp stamp)
    {
        try
        {
            if (stamp.Error is { } error)
                return new(PasswordTable.Empty, stamp, error);
            var bytes = ReadBytes(path);
            return new(Parse(bytes), stamp, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(PasswordTable.Empty, stamp, e is UnauthorizedAccessException ? "permission denied" : e.Message);
        }
    }

    private PasswordTable Parse(ReadOnlyMemory<byte> bytes)
    {
        var entries = new List<PasswordEntry>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var number = 0;
        foreach (var line in FileLines.Split(bytes))
        {
            number++;
            var (entry, complaint) = reader.Read(FileLines.TextOf(line));
            if (entry is not null && names.Add(entry.User.Name))
                entries.Add(entry);
            else if (entry is not null)
                complaint = $"{entry.User.Name} is there more than once, and the first counts";
            if (complaint is not null)
                Log.BrokenLine(logger, path, number, complaint);
        }

        return new(entries, reader.Domains);
    }

    /// <param name="Table">The last good table.</param>
    /// <param name="Stamp">The file that was read, or could not be.</param>
    /// <param name="Failure">Why it could not be read.</param>
    private sealed record Reading(PasswordTable Table, Stamp Stamp, string? Failure);

    /// <summary>What tells one state of a file from another. The change time cannot be set back, as the modification time can.</summary>
    private readonly record struct Stamp(ulong Inode, ulong Size, long Seconds, uint Nanoseconds, bool IsBeingWritten, string? Error)
    {
        public static Stamp Of(string path)
        {
            if (Libc.StatusOf(path) is not { } status)
                return default(Stamp) with { Error = Marshal.GetLastPInvokeError() == Libc.NotThere ? "there is no such file" : "it cannot be reached" };
            var isWrittenLast = (status.WrittenSeconds, status.WrittenNanoseconds) == (status.ChangedSeconds, status.ChangedNanoseconds);
            return new(status.Inode, status.Size, status.ChangedSeconds, status.ChangedNanoseconds, isWrittenLast, status.IsFile ? null : "it is no file");
        }

        public TimeSpan Age(TimeProvider time) =>
            time.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromSeconds(Seconds) - TimeSpan.FromMicroseconds(Nanoseconds / 1000);
    }
}
