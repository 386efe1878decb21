using System.Globalization;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Reads an account's journal from where it was last read to, whoever has written it: the server, or a command beside it. How far is in
/// <c>mailserver-lessons</c>, <c>NAME OFFSET</c>; without it, from the beginning of what the journal still tells. A line that another program
/// adds to one file when the next is begun already is missed.
/// </summary>
internal sealed class JournalFollower(string root)
{
    public const string FileName = "mailserver-lessons";

    private const int PieceLength = 64 * 1024;

    private (string Name, long Offset)? _mark;

    /// <summary>The lines that have come since; each that is taken counts as read.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IEnumerable<JournalEntry> Entries()
    {
        _mark ??= ReadMark();
        var piece = new byte[PieceLength];
        foreach (var path in FilesFrom(_mark?.Name))
        {
            var name = Path.GetFileName(path);
            using var file = DiskFile.Open(path);
            var offset = name == _mark?.Name ? _mark.Value.Offset : 0;
            for (int count; (count = RandomAccess.Read(file, piece, offset)) > 0;)
            {
                var end = piece.AsSpan(0, count).LastIndexOf((byte)'\n') + 1;
                if (end == 0 && count < PieceLength)
                    break; // a line that is being written
                var length = end > 0 ? end : count;
                for (var at = 0; at < length;)
                {
                    var next = piece.AsSpan(at, length - at).IndexOf((byte)'\n') is >= 0 and var line ? at + line + 1 : length;
                    var entry = JournalLine.Read(piece.AsSpan(at, next - at));
                    at = next;
                    _mark = (name, offset + at);
                    if (entry is not null)
                        yield return entry;
                }

                offset += length;
            }
        }
    }

    /// <summary>Writes down how far it has read.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Keep()
    {
        if (_mark is not { } mark || mark == ReadMark())
            return;
        DurableFile.WriteAllBytes(Path.Combine(root, FileName), Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{mark.Name} {mark.Offset}\n")), DiskFile.Private);
    }

    // A file that has gone was too old: on with the next.
    private IEnumerable<string> FilesFrom(string? name)
    {
        var paths = JournalFiles.All(root).ConvertAll(file => file.Path);
        var first = name is null ? 0 : paths.FindIndex(path => JournalFiles.IsNotBefore(Path.GetFileName(path), name));
        return first < 0 ? [] : paths.Skip(first);
    }

    private (string, long)? ReadMark()
    {
        try
        {
            return Encoding.UTF8.GetString(DiskFile.ReadAllBytes(Path.Combine(root, FileName))).TrimEnd('\n').Split(' ') is [var name, var number]
                && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                ? (name, offset)
                : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
