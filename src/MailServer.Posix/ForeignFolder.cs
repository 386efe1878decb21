using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Posix;

/// <summary>
/// Reads files of a folder that somebody else may change at any moment, without being led elsewhere: a symbolic link would make a server with more rights read
/// a file for its owner, a pipe would make it wait for ever.
/// </summary>
public sealed class ForeignFolder : IDisposable
{
    private const int EmptyPath = 0x1000;   // AT_EMPTY_PATH
    private const int NonBlocking = 0x800;  // O_NONBLOCK
    private const int CloseOnExec = 0x80000;

    // O_NOFOLLOW is one of the flags whose value depends on the processor.
    private static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x8000 : 0x20000;

    private readonly string _path;
    private readonly int _descriptor;
    private readonly uint _owner;

    private ForeignFolder(string path, int descriptor, uint owner) => (_path, _descriptor, _owner) = (path, descriptor, owner);

    /// <summary>Opens a folder that is no symbolic link; null when it is not there.</summary>
    /// <exception cref="PosixException">It cannot be opened, or is a link or no folder.</exception>
    public static ForeignFolder? Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var descriptor = Libc.Open(path.TrimEnd('/'), Libc.DirectoryFlags | NoFollow);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() is var error && error == Libc.NotThere ? null : throw new PosixException("open", path, error);
        var stat = FileFacts.Read(descriptor, "", EmptyPath, out var facts);
        if (stat == 0)
            return new(path, descriptor, facts.Owner);
        _ = Libc.Close(descriptor);
        throw new PosixException("stat", path, stat);
    }

    /// <summary>Opens a folder in it that is no symbolic link and belongs to the same owner or to root; null when it is not there.</summary>
    /// <param name="name">Its name, without a path.</param>
    /// <exception cref="IOException">It cannot be opened, is a link or no folder, or belongs to somebody else.</exception>
    public ForeignFolder? OpenFolder(string name)
    {
        CheckName(name);
        var path = Path.Combine(_path, name);
        var descriptor = Libc.OpenAt(_descriptor, name, Libc.DirectoryFlags | NoFollow);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() is var error && error == Libc.NotThere ? null : throw new PosixException("open", path, error);
        var stat = FileFacts.Read(descriptor, "", EmptyPath, out var facts);
        if (stat == 0 && (facts.Owner == _owner || facts.Owner == 0))
            return new(path, descriptor, _owner);
        _ = Libc.Close(descriptor);
        throw stat == 0 ? new IOException("belongs to another user than the folder it is in") : new PosixException("stat", path, stat);
    }

    /// <summary>The names in it, in no order.</summary>
    /// <param name="most">More than these are not listed.</param>
    /// <exception cref="IOException">They cannot be listed.</exception>
    public IReadOnlyList<string> Names(int most) =>
        // By the descriptor: the path may lead elsewhere by now.
        [.. Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_descriptor}/")).Take(most).Select(path => Path.GetFileName(path))];

    /// <summary>Reads a whole file of it: a plain one of the folder's owner or of root.</summary>
    /// <param name="name">Its name, without a path.</param>
    /// <param name="limit">Octets it may have.</param>
    /// <exception cref="IOException">It cannot be read, is larger or no plain file, or belongs to somebody else; the message says so.</exception>
    public byte[] Read(string name, int limit)
    {
        CheckName(name);
        var descriptor = Libc.OpenAt(_descriptor, name, NoFollow | NonBlocking | CloseOnExec);
        if (descriptor < 0)
            throw new PosixException("open", Path.Combine(_path, name), Marshal.GetLastPInvokeError());
        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FileFacts.Read(descriptor, "", EmptyPath, out var facts) is var error && error != 0)
            throw new PosixException("stat", Path.Combine(_path, name), error);
        if (facts.Kind != FileKind.Regular)
            throw new IOException("no plain file");
        if (facts.Owner != _owner && facts.Owner != 0)
            throw new IOException("belongs to another user than the folder");
        if (facts.Length > limit)
            throw new IOException($"larger than {limit / 1024} KiB");

        // One octet more, since it may grow meanwhile.
        var content = new byte[(int)facts.Length + 1];
        var count = 0;
        for (int got; count < content.Length && (got = RandomAccess.Read(file, content.AsSpan(count), count)) > 0;)
            count += got;
        return count <= facts.Length ? content[..count] : throw new IOException("is being written");
    }

    private static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.AsSpan().Contains('/') || name is ".." or ".")
            throw new IOException($"{name}: not a name");
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.Close(_descriptor);
}
