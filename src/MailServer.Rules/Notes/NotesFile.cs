using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>
/// One account's notes, in a file in its Maildir to which lines are appended, and which is written anew when most of it is over. A note is a
/// convenience: nothing is synced when one is added, and after a power cut the last may be missing; then a mail is kept that need not be.
/// </summary>
public sealed class NotesFile : INotes
{
    /// <summary>The file's name, in the account's root.</summary>
    public const string FileName = "mailserver-notes";

    /// <summary>Lines that a file may have beside those that count, so that a small one is not written anew all the time.</summary>
    private const int Slack = 1000;

    /// <summary>Octets of a file that is read: what all notes there may be take at most, twice. The account's owner may write anything there.</summary>
    private const long MaxLength = 128 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Dictionary<string, (string Value, DateTimeOffset Until)>? _notes;
    private (ulong Device, ulong Inode, long Length) _stamp;
    private int _lines;
    private bool _isOpenEnded;
    private bool _hasFailed;

    internal NotesFile(string path, TimeProvider time, ILogger logger) => (_path, _time, _logger) = (path, time, logger);

    /// <inheritdoc/>
    public string? Find(string key, DateTimeOffset now)
    {
        lock (_gate)
            return Load().TryGetValue(key, out var note) && note.Until > now ? note.Value : null;
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyList<NoteChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count == 0)
            return;
        lock (_gate)
        {
            var notes = Load();
            var text = new StringBuilder(_isOpenEnded ? "\n" : "");
            foreach (var change in changes)
            {
                NoteLine.Append(text, change);
                Apply(notes, change);
            }

            try
            {
                var octets = Encoding.UTF8.GetBytes(text.ToString());
                // Somebody else has added lines, too: they are read next time.
                if (AppendFile.Append(_path, octets) != _stamp.Length + octets.Length)
                    _notes = null;
                (_lines, _isOpenEnded, _hasFailed) = (_lines + changes.Count, false, false);
                // Not where others' lines are in the file: they would go with it.
                if (_notes is not null && (notes.Count > NoteLimits.MaxNotes || _lines > (2 * notes.Count) + Slack))
                    Compact(notes);
                _stamp = StampOf();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _isOpenEnded = true;
                Tell(e);
            }
        }
    }

    /// <summary>Forgets what is in memory; the file has it all.</summary>
    internal void Drop()
    {
        lock (_gate)
            _notes = null;
    }

    // The file is the truth: whoever edits or removes it is obeyed.
    private Dictionary<string, (string Value, DateTimeOffset Until)> Load()
    {
        try
        {
            var stamp = StampOf();
            if (_notes is not null && stamp == _stamp)
                return _notes;
            var notes = new Dictionary<string, (string, DateTimeOffset)>(StringComparer.Ordinal);
            _lines = 0;
            _isOpenEnded = false;
            if (stamp.Length > MaxLength)
                throw new IOException($"longer than {MaxLength / (1024 * 1024)} MiB");
            if (stamp.Length > 0)
                Read(notes);
            (_notes, _stamp) = (notes, stamp);
            return notes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tell(e);
            return _notes ??= new(StringComparer.Ordinal);
        }
    }

    private void Read(Dictionary<string, (string, DateTimeOffset)> notes)
    {
        using var file = new FileStream(DiskFile.Open(_path), FileAccess.Read);
        using (var reader = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true))
            while (notes.Count <= 2 * NoteLimits.MaxNotes && reader.ReadLine() is { } line)
            {
                _lines++;
                if (NoteLine.Read(line) is { Key.Length: <= NoteLimits.MaxKey, Value: null or { Length: <= NoteLimits.MaxValue } } change)
                    Apply(notes, change);
            }

        file.Position = file.Length - 1;
        _isOpenEnded = file.ReadByte() != '\n';
    }

    private static void Apply(Dictionary<string, (string, DateTimeOffset)> notes, NoteChange change)
    {
        if (change.Value is { } value)
            notes[change.Key] = (value, change.Until);
        else
            notes.Remove(change.Key);
    }

    // To a tenth below the limit, so that a full account does not write its file anew at each mail.
    private void Compact(Dictionary<string, (string Value, DateTimeOffset Until)> notes)
    {
        var now = _time.GetUtcNow();
        foreach (var (key, note) in notes)
            if (note.Until <= now)
                notes.Remove(key);
        if (notes.Count > NoteLimits.MaxNotes)
            foreach (var key in notes.OrderBy(note => note.Value.Until).Take(notes.Count - (NoteLimits.MaxNotes / 10 * 9)).Select(note => note.Key).ToList())
                notes.Remove(key);
        var text = new StringBuilder();
        foreach (var (key, note) in notes)
            NoteLine.Append(text, new(key, note.Value, note.Until));
        DurableFile.WriteAllBytes(_path, Encoding.UTF8.GetBytes(text.ToString()), DiskFile.Private);
        _lines = notes.Count;
    }

    private (ulong Device, ulong Inode, long Length) StampOf() => FileFacts.Of(_path) is { } facts ? (facts.Device, facts.Inode, facts.Length) : default;

    private void Tell(Exception e)
    {
        if (!_hasFailed)
            Log.NotesFailed(_logger, _path, e.Message);
        _hasFailed = true;
    }
}
