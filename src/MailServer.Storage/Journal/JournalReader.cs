using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Reads an account's journal. Lines that make no sense are skipped and counted: a power cut may have left half of one.</summary>
/// <param name="root">The account's Maildir.</param>
public sealed class JournalReader(string root)
{
    /// <summary>Read at once from the end.</summary>
    private const int PieceLength = 64 * 1024;

    /// <summary>Lines skipped so far.</summary>
    public int Skipped { get; private set; }

    /// <summary>The first moment of which it tells; null for its beginning.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The first moment of which it tells no more; null for its end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>All entries, oldest first.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IEnumerable<JournalEntry> Forward() => Files().SelectMany(path => Entries(ForwardLines(path)));

    /// <summary>All entries, newest first.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IEnumerable<JournalEntry> Backward() => Files().AsEnumerable().Reverse().SelectMany(path => Entries(BackwardLines(path)));

    /// <summary>
    /// The story of a message, oldest first: of the base name that it has, had or got by a copy or a move, of a Message-ID, or of the server's own name for it.
    /// </summary>
    /// <param name="name">A base name, a Message-ID with or without its angle brackets, or the server's name.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IReadOnlyList<JournalEntry> StoryOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        HashSet<string> names = new(StringComparer.Ordinal) { MessageName.BaseOf(name).ToString() };
        var messageId = name.Trim('<', '>');

        // Backward to its beginning, since a move says where from; then forward. What came before counts, though it is not told.
        var (before, after) = (new JournalReader(root) { Until = Until }, new JournalReader(root) { Until = Until });
        foreach (var entry in before.Backward())
            if (entry.Message is { } message && (names.Contains(message) || IsOf(entry, messageId)))
            {
                names.Add(message);
                if (entry is { Event: JournalEvents.Moved or JournalEvents.Copied, From.Message: { } from })
                    names.Add(from);
            }

        List<JournalEntry> story = [];
        foreach (var entry in after.Forward())
            if ((entry.Message is { } message && names.Contains(message)) || (entry.From?.Message is { } from && names.Contains(from)))
            {
                story.Add(entry);
                if (entry.Message is { } to)
                    names.Add(to);
            }
            else if (IsOf(entry, messageId))
                story.Add(entry);

        Skipped += after.Skipped;
        return story.FindAll(IsAsked);
    }

    /// <summary>How many lines of a file make no sense.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static long BadLines(string path) => ForwardLines(path).LongCount(line => JournalLine.Read(line) is null);

    private static bool IsOf(JournalEntry entry, string messageId) => entry.Delivery?.Id == messageId || (entry.Delivery?.MessageId ?? entry.MessageId)?.Trim('<', '>') == messageId;

    /// <summary>The files that may tell of the time asked for. In each there is about a month, of which every line is looked at: clocks are set back.</summary>
    private List<string> Files() =>
        [.. JournalFiles.All(root).Where(file => !(file.Month.AddMonths(1) <= Since) && !(file.Month >= Until)).Select(file => file.Path)];

    private bool IsAsked(JournalEntry entry) => !(entry.Time < Since) && !(entry.Time >= Until);

    private IEnumerable<JournalEntry> Entries(IEnumerable<byte[]> lines)
    {
        foreach (var line in lines)
            if (JournalLine.Read(line) is not { } entry)
                Skipped++;
            else if (IsAsked(entry))
                yield return entry;
    }

    private static IEnumerable<byte[]> ForwardLines(string path)
    {
        using var file = DiskFile.Open(path);
        var rest = Array.Empty<byte>();
        var piece = new byte[PieceLength];
        long offset = 0;
        for (int count; (count = RandomAccess.Read(file, piece, offset)) > 0; offset += count)
        {
            var (lines, last) = Split([.. rest, .. piece.AsSpan(0, count)]);
            foreach (var line in lines)
                yield return line;
            rest = Bounded(last);
        }

        if (rest.Length > 0)
            yield return rest;
    }

    private static IEnumerable<byte[]> BackwardLines(string path)
    {
        using var file = DiskFile.Open(path);
        var rest = Array.Empty<byte>();
        for (var end = RandomAccess.GetLength(file); end > 0;)
        {
            var piece = new byte[Math.Min(PieceLength, end)];
            end -= piece.Length;
            var count = RandomAccess.Read(file, piece, end);
            byte[] bytes = [.. piece.AsSpan(0, count), .. rest];

            // The first line may begin further up.
            var cut = end > 0 ? bytes.AsSpan().IndexOf((byte)'\n') + 1 : 0;
            rest = end > 0 ? Bounded(cut > 0 ? bytes[..cut] : bytes) : [];
            if (end > 0 && cut == 0)
                continue;
            var (lines, last) = Split(bytes[cut..]);
            if (last.Length > 0)
                yield return last;
            for (var i = lines.Count - 1; i >= 0; i--)
                yield return lines[i];
        }
    }

    /// <summary>Whole lines, and what follows the last line end. Empty lines are none.</summary>
    private static (List<byte[]> Lines, byte[] Last) Split(byte[] bytes)
    {
        List<byte[]> lines = [];
        var at = 0;
        for (int end; (end = bytes.AsSpan(at).IndexOf((byte)'\n')) >= 0; at += end + 1)
            if (end > 0)
                lines.Add(bytes[at..(at + end)]);
        return (lines, bytes[at..]);
    }

    /// <summary>A line that is longer than any of ours need not be kept whole to be skipped.</summary>
    private static byte[] Bounded(byte[] rest) => rest.Length <= PieceLength ? rest : rest[..PieceLength];
}
