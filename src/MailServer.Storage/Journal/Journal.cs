using System.Buffers;
using System.Collections.Concurrent;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>The journals of all accounts.</summary>
internal sealed class Journals(StoreContext store)
{
    private readonly ConcurrentDictionary<string, Journal> _byRoot = new(StringComparer.Ordinal);

    /// <summary>Is told of accounts whose journal has a line that may teach (<see cref="LessonLine"/>).</summary>
    public Action<User>? Taught { get; set; }

    public Journal Of(string root) => _byRoot.GetOrAdd(root, static (path, context) => new(path, context), store);
}

/// <summary>
/// What happened to an account's messages: written after the fact, into the page cache, by one append. It may lack the last lines after a
/// power cut; it never delays a message, and never fails one.
/// </summary>
internal sealed class Journal(string root, StoreContext store)
{
    /// <summary>Octets written at once when a command touches many messages.</summary>
    private const int PieceLength = 64 * 1024;

    private readonly Lock _gate = new();
    private DateTimeOffset _month;
    private int _part;
    private bool _hasFailed;

    /// <summary>What this server has delivered, and what came and went by other programs' hands.</summary>
    public OutsideChanges Outside => field ??= new(this, root);

    /// <summary>Whose it is, once somebody has opened the account or mail for it has come.</summary>
    public User? Owner { get; set; }

    public bool IsOn => store.Options.JournalDays > 0;

    public void Add(JournalEntry entry) => Add([entry]);

    /// <summary>Writes down what has happened, all at this moment.</summary>
    public void Add(IReadOnlyCollection<JournalEntry> entries)
    {
        if (!IsOn || entries.Count == 0)
            return;
        var now = store.Time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        var lines = new ArrayBufferWriter<byte>(Math.Min(entries.Count * 256, PieceLength + JournalLine.MaxLength));
        try
        {
            lock (_gate)
            {
                foreach (var entry in entries)
                {
                    JournalLine.Write(entry with { Time = now }, lines);
                    if (lines.WrittenCount < PieceLength)
                        continue;
                    Append(lines.WrittenSpan, now);
                    lines.ResetWrittenCount();
                }

                if (lines.WrittenCount > 0)
                    Append(lines.WrittenSpan, now);
                _hasFailed = false;
            }

            if (Owner is { } owner && entries.Any(MayTeach))
                store.Journals.Taught?.Invoke(owner);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            if (!_hasFailed)
                Log.JournalFailed(store.Logger, root, failure.Message);
            _hasFailed = true;
        }
    }

    // Flags and removals, which are most lines of a session, teach nothing.
    private static bool MayTeach(JournalEntry entry) => entry.Event is
        JournalEvents.Delivered or JournalEvents.Appended or JournalEvents.Added or JournalEvents.Moved or JournalEvents.Copied;

    private void Append(ReadOnlySpan<byte> lines, DateTimeOffset now)
    {
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        if (month != _month)
        {
            // The files of the month before, or another program's of this one.
            Sweep(now);
            _part = JournalFiles.All(root).LastOrDefault(file => file.Month == month) is { Path: not null } last ? last.Part : 1;
            _month = month;
        }

        if (AppendFile.Append(Path.Combine(root, JournalFiles.NameOf(month, _part)), lines) < JournalFiles.MaxFile)
            return;
        _part++;
        Sweep(now);
    }

    // A run can be taken back for as long as the journal tells of it.
    private void Sweep(DateTimeOffset now)
    {
        var oldest = now.AddDays(-store.Options.JournalDays);
        JournalFiles.Sweep(root, oldest);
        RunRecord.Sweep(root, oldest);
    }
}
