using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Storage;

/// <summary>Turns folder names into directories of one account's Maildir, and back.</summary>
internal sealed class FolderPaths(string root, MaildirLayout layout)
{
    private const int MaxFileName = 255; // octets of one name: NAME_MAX of all file systems that matter

    private const string NoName = "no client can say its name (store verify tells more)";
    private const string SameName = "another folder has that name";

    public string Root { get; } = root;

    /// <summary>
    /// Where INBOX is: the Maildir itself. In layout fs some programs keep it as a directory of its own beside the others, as mbsync does
    /// with <c>SubFolders Verbatim</c>.
    /// </summary>
    private string InboxPath => layout == MaildirLayout.Fs && !Directory.Exists(Path.Combine(Root, "cur")) && Directory.Exists(Path.Combine(Root, "INBOX", "cur"))
        ? Path.Combine(Root, "INBOX")
        : Root;

    /// <summary>The folder's place, whether it is there or not; null when no directory can have that name.</summary>
    public FolderPlace? PlaceOf(FolderName folder)
    {
        if (folder.IsInbox)
            return new(Root, folder, InboxPath);
        if (!FolderName.TryParse(folder.Value, out var name) || name != folder)
            return null;
        var levels = name.Value.Split('/');
        if (layout == MaildirLayout.Fs)
            return FsPlace(name, levels);

        // A dot parts the levels on disk, so a dot within one is shifted.
        var encoded = "." + string.Join('.', levels.Select(level => ModifiedUtf7.Encode(level, ".")));
        if (encoded.Length <= MaxFileName && Directory.Exists(Path.Combine(Root, encoded)))
            return new(Root, name, Path.Combine(Root, encoded));

        // Courier keeps names in UTF-8.
        var plain = "." + name.Value.Replace('/', '.');
        if (plain != encoded && !Array.Exists(levels, level => level.Contains('.', StringComparison.Ordinal))
            && Encoding.UTF8.GetByteCount(plain) <= MaxFileName && Directory.Exists(Path.Combine(Root, plain)))
            return new(Root, name, Path.Combine(Root, plain));
        return encoded.Length <= MaxFileName ? new(Root, name, Path.Combine(Root, encoded)) : null;
    }

    /// <summary>All folders that have a directory, INBOX first, then by name.</summary>
    /// <exception cref="IOException">The Maildir cannot be read.</exception>
    /// <param name="leaveOut">Hears of directories with mail that have no name a client could say, and why.</param>
    public List<FolderPlace> All(Action<string, string>? leaveOut = null)
    {
        List<FolderPlace> places = [];
        if (layout == MaildirLayout.Fs)
            AddFs(places, Root, [], leaveOut);
        else
            AddPlusPlus(places, leaveOut);
        places.Sort((left, right) => string.CompareOrdinal(left.Name.Value, right.Name.Value));
        places.Insert(0, new(Root, FolderName.Inbox, InboxPath));
        return places;
    }

    private FolderPlace? FsPlace(FolderName name, string[] levels)
    {
        var encoded = levels.Select(level => ModifiedUtf7.Encode(level)).ToArray();
        return Array.Exists(encoded, level => level.Length > MaxFileName || IsOwn(level))
            ? null
            : new(Root, name, Path.Combine([Root, .. encoded]));
    }

    /// <summary>Names that a folder's directory holds for itself.</summary>
    private static bool IsOwn(string name) => name is "cur" or "new" or "tmp" or "maildirfolder" or "subscriptions" or "maildirsize"
        || name.StartsWith("dovecot-", StringComparison.Ordinal) || name.StartsWith("mailserver-", StringComparison.Ordinal);

    private void AddPlusPlus(List<FolderPlace> places, Action<string, string>? leaveOut)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateDirectories(Root).Order(StringComparer.Ordinal))
        {
            var file = Path.GetFileName(path);
            if (file.Length < 2 || file[0] != '.' || file[1] == '.')
                continue; // "..NAME" is Dovecot's and our own place for what is being deleted
            var levels = file[1..].Split('.').Select(level => Decode(level, ".")).ToArray();
            if (!FolderName.TryParse(string.Join('/', levels), out var name) || file.Contains('\uFFFD', StringComparison.Ordinal))
                leaveOut?.Invoke(path, NoName);
            else if (name.IsInbox || !seen.Add(name.Value))
                leaveOut?.Invoke(path, SameName);
            else
                places.Add(new(Root, name, path));
        }
    }

    private void AddFs(List<FolderPlace> places, string directory, string[] levels, Action<string, string>? leaveOut)
    {
        foreach (var path in Directory.EnumerateDirectories(directory))
        {
            var file = Path.GetFileName(path);
            if (file[0] == '.' || IsOwn(file) || levels.Length == FolderName.MaxLevels)
                continue;
            string[] below = [.. levels, Decode(file, "")];
            if (!FolderName.TryParse(string.Join('/', below), out var name))
            {
                leaveOut?.Invoke(path, NoName);
                continue;
            }

            if (!name.IsInbox && Directory.Exists(Path.Combine(path, "cur")))
                places.Add(new(Root, name, path));
            AddFs(places, path, below, leaveOut);
        }
    }

    /// <summary>A level as written by us and Dovecot, or else by Courier, in UTF-8.</summary>
    private static string Decode(string level, string allowShifted) =>
        ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(level), allowShifted, out var decoded) ? decoded : level;
}
