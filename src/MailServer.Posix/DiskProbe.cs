using Microsoft.Win32.SafeHandles;

namespace MailServer.Posix;

/// <summary>
/// Tests stand here between the store and the disk: each call that reads or changes files asks before it is made, and tells when it has been.
/// Without a test it costs the look at one field.
/// </summary>
internal static class DiskProbe
{
    private static readonly Lock Gate = new();

    // Null without a probe. Each is asked of every call in the process, and knows the directory that it is for.
    private static volatile IDiskProbe[]? s_probes;

    /// <summary>Puts a probe in place.</summary>
    public static void Add(IDiskProbe probe)
    {
        lock (Gate)
            s_probes = [.. s_probes ?? [], probe];
    }

    /// <summary>Takes a probe away.</summary>
    public static void Remove(IDiskProbe probe)
    {
        lock (Gate)
            s_probes = s_probes?.Where(other => other != probe).ToArray() is { Length: > 0 } others ? others : null;
    }

    /// <summary>Says that a call comes, and makes it fail if a probe says so.</summary>
    /// <exception cref="PosixException">A probe wants the call to fail.</exception>
    public static void Before(DiskCall call, string path, string? target = null)
    {
        if (s_probes is { } probes && Ask(probes, new(call, path, target), 0) is { Error: > 0 } fault)
            throw Failure(call, path, fault.Error);
    }

    /// <summary>Whether a probe says that a file may not be read: a test that runs as root cannot take that right away.</summary>
    public static bool Forbids(string path) => s_probes is { } probes && Ask(probes, new(DiskCall.Access, path, null), 0).Error == Libc.Denied;

    /// <summary>As the call itself would: .NET has an exception of its own for what it may not do.</summary>
    private static Exception Failure(DiskCall call, string path, int error) =>
        error == Libc.Denied && call is (DiskCall.Open or DiskCall.Create or DiskCall.MakeDirectory or DiskCall.RemoveDirectory)
            ? new UnauthorizedAccessException($"{call} {path}")
            : new PosixException(call.ToString(), path, error);

    /// <summary>Says that a call on an open file comes.</summary>
    /// <returns>How many of the octets are written before it fails, or -1 when it does not.</returns>
    public static int Before(DiskCall call, SafeFileHandle file, int length, out int error)
    {
        error = 0;
        if (s_probes is not { } probes || Ask(probes, new(call, PathOf(file), null), length) is not { Error: > 0 } fault)
            return -1;
        error = fault.Error;
        return Math.Min(fault.Written, length);
    }

    /// <summary>Says that a call has succeeded.</summary>
    public static void After(DiskCall call, string path, string? target = null)
    {
        if (s_probes is { } probes)
            foreach (var probe in probes)
                probe.After(new(call, path, target));
    }

    /// <summary>Says that a call on an open file has succeeded.</summary>
    public static void After(DiskCall call, SafeFileHandle file)
    {
        if (s_probes is not null)
            After(call, PathOf(file));
    }

    private static DiskFault Ask(IDiskProbe[] probes, in DiskOperation operation, int length)
    {
        foreach (var probe in probes)
            if (probe.Before(operation, length) is { Error: > 0 } fault)
                return fault;
        return default;
    }

    /// <summary>The name by which the kernel knows an open file now.</summary>
    public static string PathOf(SafeFileHandle file) => new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget ?? "";
}

/// <summary>What a test does to the disk, or learns of it.</summary>
internal interface IDiskProbe
{
    /// <summary>A call is about to be made. Default lets it pass.</summary>
    /// <param name="operation">The call.</param>
    /// <param name="length">How many octets are to be written.</param>
    DiskFault Before(in DiskOperation operation, int length);

    /// <summary>A call has succeeded.</summary>
    void After(in DiskOperation operation);
}

/// <summary>A call on the disk.</summary>
/// <param name="Call">Which.</param>
/// <param name="Path">The file it is about.</param>
/// <param name="Target">The new name, of a link or a rename.</param>
internal readonly record struct DiskOperation(DiskCall Call, string Path, string? Target);

/// <summary>How a call fails.</summary>
/// <param name="Error">The error number; 0 for a call that passes.</param>
/// <param name="Written">Octets that a write leaves before it fails.</param>
internal readonly record struct DiskFault(int Error, int Written = 0);

/// <summary>The calls that a probe can tell apart.</summary>
internal enum DiskCall
{
    /// <summary>A file is opened to be read, or a part of it to be changed.</summary>
    Open,

    /// <summary>Somebody asks whether a file may be opened.</summary>
    Access,

    /// <summary>A file is made.</summary>
    Create,

    /// <summary>Octets are written.</summary>
    Write,

    /// <summary>A file's octets are made durable.</summary>
    Sync,

    /// <summary>A directory's names are made durable.</summary>
    SyncDirectory,

    /// <summary>A file gets another name beside those it has.</summary>
    Link,

    /// <summary>A file or directory gets another name for the one it has.</summary>
    Rename,

    /// <summary>A file loses a name.</summary>
    Unlink,

    /// <summary>A directory is made.</summary>
    MakeDirectory,

    /// <summary>A directory is removed, perhaps with what is in it.</summary>
    RemoveDirectory,

    /// <summary>A file's modification time is set.</summary>
    SetTime,
}
