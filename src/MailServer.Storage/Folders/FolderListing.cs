using System.Diagnostics;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// One look at <c>new</c> and then <c>cur</c>: in this order, since mail readers move files that way. Files under the name they are known
/// by cost no memory.
/// </summary>
internal sealed class FolderListing
{
    /// <summary>Characters of a name; file systems have 255 octets.</summary>
    private const int UsualName = 256;

    private readonly EntryTable _known;
    private readonly int _pass;

    /// <param name="place">The folder.</param>
    /// <param name="known">The messages known.</param>
    /// <param name="pass">The number of the look, which each message that is seen takes.</param>
    /// <param name="room">See <see cref="DirectoryNames.Read"/>.</param>
    /// <param name="between">Called when <c>new</c> is read, and <c>cur</c> is not yet.</param>
    public FolderListing(FolderPlace place, EntryTable known, int pass, ref int room, Action between)
    {
        _known = known;
        _pass = pass;
        var (began, used) = (Stopwatch.GetTimestamp(), ThreadClock.Used);
        IsOfOneMoment = DirectoryNames.Read(place.New, ref room, name => See(name, isNew: true));
        between();
        IsOfOneMoment &= DirectoryNames.Read(place.Cur, ref room, name => See(name, isNew: false));
        Cost = IsOfOneMoment ? ThreadClock.Used - used : Stopwatch.GetElapsedTime(began);
    }

    /// <summary>What it took of what others need: the processor's time, or, where the disk may be a network away, all of the time.</summary>
    public TimeSpan Cost { get; }

    /// <summary>Whether no file can have been missed because it was renamed within its directory while that was read.</summary>
    public bool IsOfOneMoment { get; }

    /// <summary>Known messages whose files have another name or place now.</summary>
    public Dictionary<FolderEntry, FoundFile> Moved { get; } = [];

    /// <summary>Files of messages not known, by base name.</summary>
    public Dictionary<string, FoundFile> Unknown { get; } = new(StringComparer.Ordinal);

    /// <summary>Files whose base name another file has too; often one file, seen under two names while it was renamed.</summary>
    public List<FoundFile> Doubled { get; } = [];

    /// <summary>Base names among <see cref="Unknown"/> of files that were messages and cannot be read any more.</summary>
    public HashSet<string> Spoilt { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a name may be one that cannot be kept.</summary>
    public bool HasOddNames { get; private set; }

    private void See(ReadOnlySpan<byte> octets, bool isNew)
    {
        Span<char> room = stackalloc char[UsualName];
        See(Encoding.UTF8.TryGetChars(octets, room, out var length) ? room[..length] : Encoding.UTF8.GetString(octets), isNew);
    }

    private void See(ReadOnlySpan<char> name, bool isNew)
    {
        HasOddNames |= OddName.MayBe(name);

        // What only looks like a message (a directory, a pipe) is one that cannot be read.
        if (!MessageName.IsMessage(name))
            return;
        var baseName = MessageName.BaseOf(name);
        if (!_known.TryGetValue(baseName, out var entry))
        {
            var file = new FoundFile(name.ToString(), isNew);
            if (!Unknown.TryAdd(baseName.ToString(), file))
                Doubled.Add(file);
            return;
        }

        var isSame = entry.InNew == isNew && name[baseName.Length..].SequenceEqual(entry.Ending);
        if (entry.Pass == _pass)
        {
            // Of two, the one under the name that is known is the message that is known.
            Doubled.Add(isSame && Moved.Remove(entry, out var other) ? other : new(name.ToString(), isNew));
            return;
        }

        entry.Pass = _pass;
        if (!isSame)
            Moved[entry] = new(name.ToString(), isNew);
    }
}

/// <summary>A file in <c>new</c> or <c>cur</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="InNew">Whether it is in <c>new</c>.</param>
internal readonly record struct FoundFile(string Name, bool InNew)
{
    public string PathIn(FolderPlace place) => Path.Combine(InNew ? place.New : place.Cur, Name);
}
