using System.Text;
using MailServer.Wire.Imap;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>Finds what holds mail below a directory: mboxes, Maildirs and single files, in any mixture, each in its folder.</summary>
internal sealed class SourceTree
{
    /// <summary>Directories within one another: more than mail programs make, few enough for a path.</summary>
    private const int MaxDepth = 32;

    /// <summary>Octets that tell what a file is.</summary>
    private const int HeadLength = 4096;

    private static readonly EnumerationOptions Entries = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    private readonly TransferFormat _format;
    private readonly string[] _below;
    private readonly ILogger _logger;
    private readonly string _root;
    private readonly List<MessageSource> _sources = [];
    private readonly List<(string Name, string Reason)> _unread = [];

    private SourceTree(string root, TransferFormat format, FolderName? below, ILogger logger) =>
        (_root, _format, _logger, _below) = (root, format, logger, below is { } given ? given.Value.Split('/') : []);

    /// <summary>What was found, a folder's messages together.</summary>
    public IReadOnlyList<MessageSource> Sources => _sources;

    /// <summary>Directories that cannot be read.</summary>
    public IReadOnlyList<(string Name, string Reason)> Unread => _unread;

    /// <summary>Files that hold no mail.</summary>
    public int OtherFiles { get; private set; }

    /// <param name="root">A file or a directory.</param>
    /// <param name="format">What to look for.</param>
    /// <param name="below">The folder that the whole goes into; null for the account itself.</param>
    /// <param name="logger">Is told of files that are broken.</param>
    /// <exception cref="IOException">The root cannot be read.</exception>
    public static SourceTree Find(string root, TransferFormat format, FolderName? below, ILogger logger)
    {
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var tree = new SourceTree(root, format, below, logger);
        if (Directory.Exists(root))
            tree.AddDirectory(new(root), tree._below, 0);
        else
            tree.AddRootFile(new(root));
        return tree;
    }

    /// <summary>One file: an mbox goes into a folder of its name, a message into INBOX, both into the folder given if there is one.</summary>
    private void AddRootFile(FileInfo file)
    {
        var isMbox = _format == TransferFormat.Mbox || (_format != TransferFormat.Eml && MboxReader.Recognizes(HeadOf(file)));
        if (isMbox)
            _sources.Add(new MboxSource(file.FullName, file.Name, FolderFileName.FolderOf(_below.Length > 0 ? _below : LevelsOf(file, []))));
        else
            AddFiles(new FileInfo(file.FullName).Directory!, _below, [file]);
    }

    private void AddDirectory(DirectoryInfo directory, string[] levels, int depth)
    {
        if (depth > MaxDepth)
        {
            _unread.Add((NameOf(directory), "directories lie too deep within one another"));
            return;
        }

        try
        {
            if (IsMaildir(directory))
                AddMaildir(directory, levels, depth);
            else
                AddTree(directory, levels, depth);
        }
        catch (Exception failure) when (depth > 0 && DiskProblem.Is(failure))
        {
            _unread.Add((NameOf(directory), failure.Message));
        }
    }

    private void AddMaildir(DirectoryInfo directory, string[] levels, int depth)
    {
        if (_format is TransferFormat.Auto or TransferFormat.Maildir)
            _sources.Add(new MaildirSource(directory.FullName, NameOf(directory), FolderFileName.FolderOf(levels), _logger));
        foreach (var child in Ordered(directory.EnumerateDirectories("*", Entries)))
            if (child.Name is "cur" or "new" or "tmp")
                continue;
            else if (child.Name[0] != '.')
                AddDirectory(child, [.. levels, Decode(child.Name)], depth + 1);
            else if (child.Name is [_, not '.', ..] && IsMaildir(child))
                AddDirectory(child, [.. levels, .. child.Name[1..].Split('.').Select(Decode)], depth + 1); // Maildir++
    }

    private void AddTree(DirectoryInfo directory, string[] levels, int depth)
    {
        List<FileInfo> messages = [];
        foreach (var file in Ordered(directory.EnumerateFiles("*", Entries)))
            if (file.Name[0] == '.' || file.Name is EmlList.FileName or ExportRecord.FileName || file.Extension is ".msf" or ".part")
                continue;
            else if (IsMessage(file))
                messages.Add(file);
            else if (IsMbox(file))
                _sources.Add(new MboxSource(file.FullName, NameOf(file), FolderFileName.FolderOf(LevelsOf(file, levels))));
            else
                OtherFiles++;
        if (messages.Count > 0 || File.Exists(Path.Combine(directory.FullName, EmlList.FileName)))
            AddFiles(directory, levels, messages);

        var isProfile = File.Exists(Path.Combine(directory.FullName, "prefs.js"));
        foreach (var child in Ordered(directory.EnumerateDirectories("*", Entries)))
            if (child.Name[0] != '.')
                AddDirectory(child, LevelsOf(child, levels, isProfile), depth + 1);
    }

    /// <summary>A Thunderbird profile has its mail in <c>Mail</c> and <c>ImapMail</c>, and what is below a folder in <c>X.sbd</c>.</summary>
    private static string[] LevelsOf(DirectoryInfo directory, string[] above, bool isProfile) =>
        isProfile && directory.Name is "Mail" or "ImapMail" ? above
        : [.. above, LevelOf(directory.Name.EndsWith(".sbd", StringComparison.OrdinalIgnoreCase) ? directory.Name[..^4] : directory.Name)];

    private void AddFiles(DirectoryInfo directory, string[] levels, List<FileInfo> files) =>
        _sources.Add(new EmlSource(NameOf(directory), FolderFileName.FolderOf(levels), directory.FullName, files));

    private bool IsMessage(FileInfo file) => _format switch
    {
        TransferFormat.Eml => true,
        TransferFormat.Auto => file.Extension.Equals(".eml", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>By what it begins with; an empty one by its name, or by Thunderbird's index beside it.</summary>
    private bool IsMbox(FileInfo file) =>
        _format is TransferFormat.Auto or TransferFormat.Mbox
        && (file.Length > 0 ? MboxReader.Recognizes(HeadOf(file)) : HasMboxName(file.Name) || File.Exists(file.FullName + ".msf"));

    private static bool IsMaildir(DirectoryInfo directory) => Directory.Exists(Path.Combine(directory.FullName, "cur"));

    private static bool HasMboxName(string name) => name.EndsWith(".mbox", StringComparison.OrdinalIgnoreCase);

    /// <summary>An mbox is called as its folder. One called <c>mbox</c> is its directory's: in Apple Mail's <c>X.mbox/mbox</c>, in a home.</summary>
    private static string[] LevelsOf(FileInfo mbox, string[] above) => mbox.Name == "mbox" ? above : [.. above, LevelOf(mbox.Name)];

    private static string LevelOf(string name) => FolderFileName.Decode(HasMboxName(name) && name.Length > 5 ? name[..^5] : name);

    private static string Decode(string level) =>
        ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(level), ".", out var decoded) ? decoded : level;

    private static IEnumerable<T> Ordered<T>(IEnumerable<T> entries)
        where T : FileSystemInfo => entries.OrderBy(entry => entry.Name, StringComparer.Ordinal);

    private string NameOf(FileSystemInfo entry) =>
        entry.FullName.Length > _root.Length ? Path.GetRelativePath(Directory.Exists(_root) ? _root : Path.GetDirectoryName(_root)!, entry.FullName) : "";

    /// <exception cref="IOException">It cannot be read.</exception>
    private byte[] HeadOf(FileInfo file)
    {
        try
        {
            using var handle = FileWindow.OpenForReading(file.FullName);
            var head = new byte[HeadLength];
            return head[..RandomAccess.Read(handle, head, 0)];
        }
        catch (Exception failure) when (file.FullName != _root && DiskProblem.Is(failure))
        {
            _unread.Add((NameOf(file), failure.Message));
            return [];
        }
    }
}

/// <summary>How mail lies outside of the server.</summary>
public enum TransferFormat
{
    /// <summary>Whatever is found; for an import alone.</summary>
    Auto,
    /// <summary>A file a folder (RFC 4155).</summary>
    Mbox,
    /// <summary>A file a message, a directory a folder.</summary>
    Eml,
    /// <summary>A Maildir.</summary>
    Maildir,
}
