using System.Globalization;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Looks at all of a Maildir and says what is not as it should be. Changes nothing, takes no lock, and may run beside the server: what only
/// looks wrong because it changes at that moment is looked at twice.
/// </summary>
/// <param name="maildir">The account's Maildir.</param>
/// <param name="layout">How folders lie in it.</param>
/// <param name="time">The clock.</param>
public sealed class MaildirVerifier(string maildir, MaildirLayout layout, TimeProvider time)
{
    private readonly FindingList _findings = new();

    /// <summary>Folders looked at.</summary>
    public int Folders { get; private set; }

    /// <summary>Messages looked at.</summary>
    public long Messages { get; private set; }

    /// <summary>Octets of their files.</summary>
    public long Octets { get; private set; }

    /// <summary>Looks.</summary>
    /// <param name="only">One folder, or null for the whole account.</param>
    /// <param name="readsAll">Whether message files are read too, and not only their names, sizes and modes.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The Maildir itself cannot be read, or has no such folder.</exception>
    public IReadOnlyList<Finding> Verify(FolderName? only, bool readsAll, IProgress<UpkeepProgress>? progress, CancellationToken cancellationToken)
    {
        if (FileFacts.Of(maildir) is not { Kind: FileKind.Directory } root)
            throw new DirectoryNotFoundException($"{maildir}: no such directory");
        var paths = new FolderPaths(maildir, layout);
        var places = paths.All();
        if (only is null)
            CheckAccount(places);
        else if ((places = places.FindAll(place => place.Name == only)).Count == 0)
            throw new DirectoryNotFoundException($"{maildir}: no folder {only}");

        var total = new MaildirSum();
        foreach (var place in places)
        {
            Folders++;
            progress?.Report(new(place.Name.Value, Folders, places.Count, Messages));
            var folder = new FolderVerifier(place, root, _findings, time);
            folder.Verify(readsAll, () => progress?.Report(new(place.Name.Value, Folders, places.Count, Messages + folder.Messages)), cancellationToken);
            Messages += folder.Messages;
            Octets += folder.Octets;
            total.Add(place.Name, folder);
        }

        if (only is null)
            CheckRest(readsAll);
        if (only is null && total.Trouble(maildir) is { } trouble)
            _findings.Add("quota", Path.Combine(maildir, MaildirSum.FileName), trouble, "remove the file: it is counted anew at the next change");
        return _findings.All;
    }

    private void CheckAccount(List<FolderPlace> places)
    {
        CheckFolderNames(places);
        Broken("subscriptions", SubscriptionFile.FileName, SubscriptionFile.Check(maildir, layout, out _), "its other lines are read, and it is kept as it is beside when it is written next");
        Broken("special-use", SpecialUseFile.FileName, SpecialUseFile.Check(maildir), "its other lines are read; give the folder its use again");
        _ = UidValidityFile.Read(maildir, out var trouble);
        Broken("uidvalidity", "dovecot-uidvalidity", trouble, "nothing: the other files tell the last one, and it is written anew");
    }

    private void CheckRest(bool readsAll)
    {
        var search = Path.Combine(maildir, SearchDatabase.FileName);
        try
        {
            if (CacheCheck.SearchTrouble(search) is { } trouble)
                _findings.Add("search", search, trouble, "nothing: it is built anew when somebody searches");
            foreach (var (path, _, _) in readsAll ? JournalFiles.All(maildir) : [])
                if (JournalReader.BadLines(path) is > 0 and var bad)
                    _findings.Add("journal", path, string.Create(CultureInfo.InvariantCulture, $"{bad} lines make no sense, and are skipped"),
                        "nothing: a power cut leaves some; what they told of is not known");
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _findings.Add("unreadable", maildir, $"its journal or search index cannot be read: {failure.Message}", "make it readable");
        }
    }

    private void Broken(string kind, string name, string? trouble, string advice)
    {
        if (trouble is not null)
            _findings.Add(kind, Path.Combine(maildir, name), trouble, advice);
    }

    /// <summary>Directories that hold mail, but have no name that a client could say.</summary>
    private void CheckFolderNames(List<FolderPlace> places)
    {
        var known = places.Select(place => place.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var raw in RawNames.List(maildir))
        {
            var name = Encoding.UTF8.GetString(raw);
            if (OddName.Mended(raw) is not null)
            {
                _findings.Add("folder-name", Path.Combine(maildir, RawNames.Escape(raw)), "a name that is no UTF-8; if it is a folder, it is left out", "rename it; its mail is as it was");
                continue;
            }

            var path = Path.Combine(maildir, name);
            if (known.Contains(path) || !Directory.Exists(Path.Combine(path, "cur")) || name is "cur" or "new" or "tmp" || (layout == MaildirLayout.Fs && name[0] == '.' && name.Length > 1))
                continue;
            if (layout == MaildirLayout.MaildirPlusPlus && name[0] != '.')
                _findings.Add("folder-name", path, "a folder of layout fs in a Maildir of layout maildir++; it is left out", "set [store] layout, or rename it with a dot before its name");
            else
                _findings.Add("folder-name", path, "a folder whose name no client can say, or that another has too; it is left out", "rename it; its mail is as it was");
        }
    }
}
