using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Posix;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>What a run is, the first line of its record.</summary>
public sealed record RunHead
{
    /// <summary>Its name, made of the time it began.</summary>
    public required string Id { get; init; }

    /// <summary><c>apply</c> or <c>undo</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What was asked for. The same words go on with a run that was broken off.</summary>
    public required string Words { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Time { get; init; }
}

/// <summary>
/// The record of a run, <c>mailserver-run-ID</c> in the account's root: JSON lines, each durable before what it says is done. First the
/// head, then changes as they are planned, then which of them are done (by number, from 0), at last the end. Undo reads it, and so does the
/// run that goes on where one was broken off.
/// </summary>
internal sealed class RunRecord : IDisposable
{
    public const string Prefix = "mailserver-run-";

    private const string TimeFormat = "yyyyMMdd'T'HHmmss";

    private static readonly RecordJson Json = new(new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private readonly string _path;
    private readonly List<MailChange> _changes = [];
    private readonly Dictionary<int, string?> _settled = []; // null: done; else why it was left alone
    private SafeFileHandle? _file;

    private RunRecord(string path, RunHead head) => (_path, Head) = (path, head);

    public RunHead Head { get; }

    public bool IsEnded { get; private set; }

    /// <summary>The changes, as planned.</summary>
    public IReadOnlyList<MailChange> Changes => _changes;

    /// <summary>Those of which nobody knows whether they were done.</summary>
    public IReadOnlyList<int> Open => [.. Enumerable.Range(0, _changes.Count).Where(number => !_settled.ContainsKey(number))];

    public bool IsDone(int number) => _settled.TryGetValue(number, out var skip) && skip is null;

    /// <summary>All records of an account, oldest first. What is none is passed over.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static List<RunRecord> All(string root)
    {
        List<RunRecord> records = [];
        if (!Directory.Exists(root))
            return records;
        foreach (var path in Directory.EnumerateFiles(root, Prefix + "*").Order(StringComparer.Ordinal))
            if (Read(path) is { } record)
                records.Add(record);
        return records;
    }

    /// <summary>Removes the records of runs that began before a time. One that has not come to its end stays: the next run does that.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static void Sweep(string root, DateTimeOffset oldest)
    {
        foreach (var path in Directory.EnumerateFiles(root, Prefix + "*").ToArray())
            // The name tells its time without the file being read.
            if (TimeIn(Path.GetFileName(path)) < oldest && Read(path) is { IsEnded: true } record && record.Head.Time < oldest)
                DurableFile.TryUnlink(path);
    }

    private static DateTimeOffset? TimeIn(string name) =>
        name.Length >= Prefix.Length + TimeFormat.Length - 2
        && DateTimeOffset.TryParseExact(name.AsSpan(Prefix.Length, TimeFormat.Length - 2), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    /// <summary>Begins a record.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static RunRecord Begin(string root, string kind, string words, DateTimeOffset now)
    {
        for (var tries = 0; ; tries++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{now.ToString(TimeFormat, CultureInfo.InvariantCulture)}{(tries == 0 ? "" : $"-{tries}")}");
            var path = Path.Combine(root, Prefix + id);
            if (File.Exists(path))
                continue;
            var record = new RunRecord(path, new() { Id = id, Kind = kind, Words = words, Time = now });
            try
            {
                record.Append(new RecordLine { Run = record.Head });
                DurableFile.SyncDirectory(root);
                return record;
            }
            catch
            {
                record.Dispose();
                throw;
            }
        }
    }

    /// <summary>Writes down what is about to be done.</summary>
    /// <returns>The number of the first.</returns>
    public int Plan(IReadOnlyList<MailChange> changes)
    {
        Append([.. changes.Select(change => new RecordLine { Change = change })]);
        _changes.AddRange(changes);
        return _changes.Count - changes.Count;
    }

    /// <summary>Writes down what became of changes.</summary>
    public void Settle(IReadOnlyDictionary<int, string?> outcomes)
    {
        if (outcomes.Count == 0)
            return;
        Append(new RecordLine
        {
            Done = [.. outcomes.Where(outcome => outcome.Value is null).Select(outcome => outcome.Key)],
            Skipped = outcomes.Where(outcome => outcome.Value is not null).ToDictionary(outcome => outcome.Key, outcome => outcome.Value!) is { Count: > 0 } skipped ? skipped : null,
        });
        foreach (var (number, skip) in outcomes)
            _settled[number] = skip;
    }

    public void End()
    {
        if (IsEnded)
            return;
        Append(new RecordLine { End = true });
        IsEnded = true;
    }

    /// <summary>A record of a run that has found nothing to do tells nothing.</summary>
    public void Drop()
    {
        Dispose();
        DurableFile.TryUnlink(_path);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Append(params RecordLine[] lines)
    {
        var octets = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => JsonSerializer.Serialize(line, Json.RecordLine) + "\n")));
        _file ??= File.Exists(_path) ? DiskFile.OpenToReadAndWrite(_path) : DiskFile.Create(_path, FileAccess.ReadWrite);
        var end = RandomAccess.GetLength(_file);

        // A line that was cut off ends here: no line begins within it.
        if (end > 0 && !EndsLine(end))
            octets = [(byte)'\n', .. octets];
        DiskFile.Write(_file, octets, end);
        DiskFile.Sync(_file);
    }

    private bool EndsLine(long end)
    {
        Span<byte> last = stackalloc byte[1];
        return RandomAccess.Read(_file!, last, end - 1) == 1 && last[0] == '\n';
    }

    private static RunRecord? Read(string path)
    {
        RunRecord? record = null;
        foreach (var text in Encoding.UTF8.GetString(DiskFile.ReadAllBytes(path)).Split('\n'))
            if (TryParse(text) is not { } line)
                continue;
            else if (line.Run is { } head)
                record ??= new(path, head);
            else
                record?.Take(line);
        return record;
    }

    private static RecordLine? TryParse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonSerializer.Deserialize(text, Json.RecordLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The record lies where the account's owner may write, and the names in it become names of files: one that could lead out of its
    /// directory is nobody's of ours.
    /// </summary>
    private static bool IsSound(MailChange change) =>
        (change.To is null || (FolderName.TryParse(change.To, out _) && IsSound(change.As)))
        && (change.Copies ?? []).All(copy => FolderName.TryParse(copy.Folder, out _) && IsSound(copy.Message));

    private static bool IsSound(string? name) =>
        name is { Length: > 0 and <= 255 } && MessageName.IsMessage(name) && name.AsSpan().IndexOfAny('/', '\0', ':') < 0;

    private void Take(RecordLine line)
    {
        if (line.Change is { } change)
        {
            if (!IsSound(change))
                _settled[_changes.Count] = ChangeSkips.Unclear;
            _changes.Add(change);
        }

        foreach (var number in line.Done ?? [])
            _settled[number] = null;
        foreach (var (number, skip) in line.Skipped ?? [])
            _settled[number] = skip;
        IsEnded |= line.End;
    }
}

/// <summary>A line of a record; one of its members is set.</summary>
internal sealed record RecordLine
{
    public RunHead? Run { get; init; }

    public MailChange? Change { get; init; }

    public IReadOnlyList<int>? Done { get; init; }

    public Dictionary<int, string>? Skipped { get; init; }

    public bool End { get; init; }
}

[JsonSerializable(typeof(RecordLine))]
internal sealed partial class RecordJson : JsonSerializerContext;
