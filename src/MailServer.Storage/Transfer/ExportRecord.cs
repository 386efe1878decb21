using System.Globalization;

namespace MailServer.Storage;

/// <summary>
/// How far each folder has been exported into a directory, in <c>mailserver-export</c> there: a line for each step, with folder, UIDVALIDITY,
/// last UID, octets of the mbox up to it, format and dates, with tabs between. The last line of a folder counts. It lets a repeated export go on, and it
/// keeps an export from touching files that are not its own.
/// </summary>
internal sealed class ExportRecord : IDisposable
{
    public const string FileName = "mailserver-export";

    private readonly Dictionary<FolderName, ExportStep> _steps = [];
    private readonly FileStream _file;
    private readonly string _kind;

    /// <exception cref="IOException">It cannot be read or written, or another export has it.</exception>
    public ExportRecord(string directory, ExportOptions options)
    {
        _kind = string.Create(CultureInfo.InvariantCulture, $"{options.Format} {options.Since:O} {options.Before:O}");
        _file = ExclusiveFile.Open(Path.Combine(directory, FileName), "another export into this directory is at work");
        using var reader = new StreamReader(_file, leaveOpen: true);
        while (reader.ReadLine() is { } line)
            if (line.Split('\t') is [var name, var validity, var uid, var length, var kind]
                && uint.TryParse(validity, CultureInfo.InvariantCulture, out var uidValidity) && uint.TryParse(uid, CultureInfo.InvariantCulture, out var lastUid)
                && long.TryParse(length, CultureInfo.InvariantCulture, out var octets))
                _steps[new(name)] = new(uidValidity, lastUid, octets, kind);
    }

    /// <summary>The last step of a folder.</summary>
    public ExportStep? Find(FolderName folder) => _steps.TryGetValue(folder, out var step) ? step : null;

    /// <summary>Whether an earlier export of the folder was of another kind, or of a folder with other numbers; then nothing can go on.</summary>
    public string? Objection(FolderName folder, uint uidValidity) => Find(folder) switch
    {
        null => null,
        { Kind: var kind } when kind != _kind => $"was exported here before as \"{kind.TrimEnd()}\"; take another directory",
        { UidValidity: var earlier } when earlier != uidValidity => "has been numbered anew since it was exported here; take another directory",
        _ => null,
    };

    /// <summary>Says how far a folder is. Durable when it returns.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public void Write(FolderName folder, uint uidValidity, uint lastUid, long length)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{folder}\t{uidValidity}\t{lastUid}\t{length}\t{_kind}\n");
        ExclusiveFile.Append(_file, line);
        _steps[folder] = new(uidValidity, lastUid, length, _kind);
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>How far a folder was exported.</summary>
/// <param name="UidValidity">Its UIDVALIDITY then.</param>
/// <param name="LastUid">The last message written.</param>
/// <param name="Length">Octets of the mbox then.</param>
/// <param name="Kind">Format and dates.</param>
internal sealed record ExportStep(uint UidValidity, uint LastUid, long Length, string Kind);
