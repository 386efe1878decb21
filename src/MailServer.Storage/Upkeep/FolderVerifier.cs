using System.Globalization;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Looks at one folder.</summary>
internal sealed class FolderVerifier(FolderPlace place, FileFacts root, FindingList findings, TimeProvider time)
{
    private const UnixFileMode Strangers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;
    private const UnixFileMode Owners = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Messages between two words of progress.</summary>
    private const int Step = 256;

    private static readonly TimeSpan TmpAge = TimeSpan.FromHours(36);
    private static readonly TimeSpan LockAge = TimeSpan.FromSeconds(120);

    private readonly Dictionary<string, string> _byBase = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileFacts> _facts = new(StringComparer.Ordinal);
    private readonly HashSet<char> _letters = [];

    public long Messages { get; private set; }

    public long Octets { get; private set; }

    public long DeletedMessages { get; private set; }

    public long DeletedOctets { get; private set; }

    public void Verify(bool readsAll, Action report, CancellationToken cancellationToken)
    {
        CheckDirectories();
        foreach (var directory in (string[])[place.New, place.Cur])
            if (Directory.Exists(directory))
                CheckMessages(directory, readsAll, report, cancellationToken);
        CheckUids();
        CheckKeywords();
        CheckIndex();
        if (readsAll)
            CheckStructures();
        CheckLeftovers();
    }

    private void CheckDirectories()
    {
        foreach (var directory in (string[])[place.Path, place.New, place.Cur, place.Tmp])
            if (FileFacts.Of(directory) is not { } facts)
                findings.Add("directory", directory, "it is missing", "nothing: it is made when the folder is opened");
            else if (facts.Kind != FileKind.Directory)
                findings.Add("directory", directory, "it is no directory; the folder cannot be opened", "move it away");
            else
                CheckMode(directory, facts, Owners | UnixFileMode.UserExecute);
    }

    private void CheckMode(string path, FileFacts facts, UnixFileMode needed)
    {
        if (facts.Owner != root.Owner)
            findings.Add("owner", path, string.Create(CultureInfo.InvariantCulture, $"it belongs to user {facts.Owner}, the Maildir to {root.Owner}"), "chown it");
        else if ((facts.Mode & needed) != needed)
            findings.Add("mode", path, "its owner may not read and write it", $"chmod {(facts.Kind == FileKind.Directory ? "700" : "600")}");
        else if ((facts.Mode & Strangers) != 0 && (root.Mode & (UnixFileMode.OtherExecute | UnixFileMode.GroupExecute)) != 0)
            findings.Add("mode", path, "others than its owner may read or write it", $"chmod {(facts.Kind == FileKind.Directory ? "700" : "600")}, if that is not wanted");
    }

    private void CheckMessages(string directory, bool readsAll, Action report, CancellationToken cancellationToken)
    {
        foreach (var raw in RawNames.List(directory))
        {
            if (raw[0] == '.')
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            if (OddName.Mended(raw) is not null || raw[0] == ':')
            {
                findings.Add("file-name", Path.Combine(directory, RawNames.Escape(raw)), "a name that is no UTF-8, or that would break a line of a plain file",
                    "nothing: it gets a good name when the folder is opened");
                continue;
            }

            CheckMessage(directory, Encoding.UTF8.GetString(raw), readsAll, cancellationToken);
            if (++Messages % Step == 0)
                report();
        }
    }

    private void CheckMessage(string directory, string name, bool readsAll, CancellationToken cancellationToken)
    {
        var path = Path.Combine(directory, name);
        if (UnreadableNote.ReasonFor(path) is { } reason)
        {
            findings.Add("unreadable", path, $"it cannot be read: {reason}; clients see a note in its place", "make it readable, or move it out of the folder");
            return;
        }

        if (FileFacts.Of(path) is not { } facts)
            return; // renamed or removed since the look
        var baseName = MessageName.BaseOf(name).ToString();
        if (!_byBase.TryAdd(baseName, path) && File.Exists(_byBase[baseName]) && File.Exists(path))
            findings.Add("double", path, "another file of the folder has the same base name", "nothing: one gets another name when the folder is opened");
        _facts[baseName] = facts;
        foreach (var letter in MessageName.LettersOf(name))
            _letters.Add(letter);
        Octets += facts.Length;
        if (MessageName.LettersOf(name).Contains('T'))
            (DeletedMessages, DeletedOctets) = (DeletedMessages + 1, DeletedOctets + facts.Length);
        CheckMode(path, facts, Owners);
        CheckSizes(path, baseName, facts.Length, readsAll, cancellationToken);
    }

    private void CheckSizes(string path, string baseName, long length, bool readsAll, CancellationToken cancellationToken)
    {
        var (fileSize, crlfSize) = MessageName.SizesOf(baseName);
        if (fileSize >= 0 && fileSize != length)
        {
            findings.Add("size", path, string.Create(CultureInfo.InvariantCulture, $"its name says {fileSize} octets, and it has {length}: it was changed after delivery, or copied under another's name"),
                "nothing: the size is counted; Dovecot may want the name without ,S=");
            return;
        }

        if (!readsAll)
            return;
        try
        {
            using var file = DiskFile.Open(path);
            var counted = CrlfCounter.Count(file, cancellationToken);
            if (crlfSize >= 0 && fileSize >= 0 && counted != crlfSize)
                findings.Add("size", path, string.Create(CultureInfo.InvariantCulture, $"its name says {crlfSize} octets with CRLF, and it has {counted}: clients are told a wrong size"),
                    "rename it without ,W=; it is a new message then");
        }
        catch (FileNotFoundException)
        {
            // Renamed or removed since the look.
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            findings.Add("unreadable", path, $"it cannot be read: {failure.Message}", "look at the disk; restore it from a backup");
        }
    }

    private void CheckUids()
    {
        var path = place.File(UidList.FileName);
        try
        {
            if (SideFile.Read(path, SideFile.MaxUidList) is not { } bytes)
                return; // nobody has opened the folder yet
            var list = UidList.Salvage(bytes);
            if (list.Damage is { } damage)
                findings.Add("uidlist", path, damage, "nothing: what can be read is, and the file is kept as it is beside, when the folder is opened");
            else if (list.IsExhausted)
                findings.Add("uidlist", path, "its numbers run out: something broken wrote it", "nothing: the folder gets a new UIDVALIDITY when it is opened");
            foreach (var record in list.Records.Values)
                if (record.IsNote && _byBase.ContainsKey(record.BaseName))
                    findings.Add("uidlist", path, "a UID was given to a note for a file that can be read now", "nothing: the message gets a UID of its own when the folder is opened");
        }
        catch (BrokenFileException broken)
        {
            findings.Add("uidlist", path, broken.Message, "nothing: it is moved aside when the folder is opened, which gives a new UIDVALIDITY");
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            findings.Add("uidlist", path, $"it cannot be read, so the folder cannot be opened: {failure.Message}", "make it readable");
        }
    }

    private void CheckKeywords()
    {
        var path = place.File(KeywordFile.FileName);
        var advice = "nothing: what can be read is, and the file is kept as it is beside";
        if (KeywordFile.Check(path, out var keywords) is { } damage)
            findings.Add("keywords", path, damage, advice);
        if (FurtherKeywords.Check(place.File(FurtherKeywords.FileName), out _) is { } further)
            findings.Add("keywords", place.File(FurtherKeywords.FileName), further, advice);
        foreach (var letter in _letters.Where(letter => letter is >= 'a' and <= 'z' && keywords.NameOf(letter) is null).Order())
            findings.Add("keywords", path, $"file names have the letter {letter}, and no keyword is named for it: clients do not see it",
                string.Create(CultureInfo.InvariantCulture, $"add a line \"{letter - 'a'} NAME\", if the name is known"));
    }

    private void CheckIndex()
    {
        var path = place.File(FolderIndex.FileName);
        try
        {
            if (IndexCheck.Trouble(place, _facts) is { } trouble)
                findings.Add("index", path, trouble, "nothing: it is built anew when the folder is opened; or mailserver store rebuild");
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            findings.Add("index", path, $"it cannot be read: {failure.Message}", "remove it");
        }
    }

    private void CheckStructures()
    {
        var path = place.File(StructureFile.FileName);
        try
        {
            if (CacheCheck.StructuresTrouble(path) is { } trouble)
                findings.Add("structures", path, trouble, "remove it: structures are read from the messages again; or mailserver store rebuild");
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            findings.Add("structures", path, $"it cannot be read: {failure.Message}", "remove it");
        }
    }

    private void CheckLeftovers()
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (Directory.Exists(place.Tmp))
            foreach (var path in Directory.EnumerateFileSystemEntries(place.Tmp))
                if (now - File.GetLastWriteTimeUtc(path) > TmpAge && Path.GetFileName(path)[0] != '.')
                    findings.Add("leftover", path, "a delivery that was begun and never ended", "nothing: it is removed when the folder is opened");
        foreach (var path in Directory.Exists(place.Path) ? Directory.EnumerateFileSystemEntries(place.Path) : [])
        {
            var name = Path.GetFileName(path);
            if (BrokenFile.IsKept(name))
                findings.Add("broken", path, "a plain file that could not be read whole; a new one has taken its place", "see what is lost in it, then remove it");
            else if (name.EndsWith(".lock", StringComparison.Ordinal) && now - File.GetLastWriteTimeUtc(path) > LockAge)
                findings.Add("lock", path, "a lock whose owner has left it behind", "nothing: the next one who needs it breaks it");
            else if (name.EndsWith(".tmp", StringComparison.Ordinal) && now - File.GetLastWriteTimeUtc(path) > TmpAge)
                findings.Add("leftover", path, "a plain file that was begun and never ended", "remove it");
        }
    }
}
