using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Accounts;

/// <summary>
/// The file of aliases and its last good reading. Each look asks the file system whether the file is another than the one read: no watcher, no
/// timer. A file that is broken or gone leaves the last good table in service, and the log says so.
/// </summary>
public sealed partial class AliasFile
{
    // Some 600,000 aliases. More is a wrong file.
    private const long MaxSize = 64 << 20;

    private readonly string _path;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private volatile Reading _last = new(AliasTable.Empty, default, null);

    /// <summary>Names a file; nothing is read yet.</summary>
    public AliasFile(string path, ILogger logger) => (_path, _logger) = (path, logger);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It cannot be used; the message names file and line.</exception>
    public static AliasTable Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxSize)
                throw new InvalidDataException($"{path}: larger than {MaxSize >> 20} MiB");
            return AliasReader.Read(File.ReadAllLines(path, Encoding.UTF8));
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{path}:{e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: {(e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message)}", e);
        }
    }

    /// <summary>The aliases as the file has them now, or had them when it could last be read. Null when it never could: then nobody knows who is here.</summary>
    public AliasTable? Current()
    {
        var stamp = StampOf(_path);
        var last = _last;
        if (last.Stamp != stamp)
            lock (_lock)
                last = _last.Stamp == stamp ? _last : _last = Refresh(stamp);
        return last.Table == AliasTable.Empty && last.Failure is not null ? null : last.Table;
    }

    private Reading Refresh((DateTime Time, long Length) stamp)
    {
        try
        {
            return new(Read(_path), stamp, null);
        }
        catch (InvalidDataException e)
        {
            if (e.Message != _last.Failure)
                Unusable(_logger, e.Message);
            return new(_last.Table, stamp, e.Message);
        }
    }

    private static (DateTime Time, long Length) StampOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : (default, -1);
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Error, Message = "{Reason}; the aliases that were read last stay in service")]
    private static partial void Unusable(ILogger logger, string reason);

    private sealed record Reading(AliasTable Table, (DateTime Time, long Length) Stamp, string? Failure);
}
