using MailServer.Rules;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>The messages of a Maildir, to be shown to rules once more. Reads files and journal, and writes nothing.</summary>
public sealed class MailReplay
{
    private readonly string _hostname;
    private readonly DeliveryFacts _facts;
    private readonly (string Root, MaildirLayout Layout) _maildir;
    private IReadOnlyList<AccountFolder>? _folders;

    // Files that were renamed since they were listed: by a client that sets a flag, by a server that takes them out of new.
    private readonly Dictionary<string, string> _renamed = new(StringComparer.Ordinal);

    private MailReplay((string Root, MaildirLayout Layout) maildir, List<MessageFile> files, DeliveryFacts facts, string hostname)
    {
        (_maildir, Files, _facts, _hostname) = (maildir, files, facts, hostname);
        MimeOptions.Prepare();
    }

    /// <summary>The account's main address; empty when it is not known.</summary>
    public string Account { get; private init; } = "";

    /// <summary>The messages, oldest first, as far as their names tell.</summary>
    public IReadOnlyList<MessageFile> Files { get; }

    /// <summary>How many of them the journal knows the coming of. Of the others only the message itself tells.</summary>
    public int WithFacts => _facts.Count;

    /// <summary>Lists the messages and reads the journal.</summary>
    /// <param name="root">The Maildir.</param>
    /// <param name="layout">How folders lie in it.</param>
    /// <param name="folder">Which folder; null for all.</param>
    /// <param name="hostname">The server's name, by which its own findings are known.</param>
    /// <param name="account">The account's main address; empty when it is not known.</param>
    /// <exception cref="IOException">A directory or the journal cannot be read.</exception>
    public static MailReplay Open(string root, MaildirLayout layout, FolderName? folder, string hostname, string account = "")
    {
        var files = MaildirFiles.List(root, layout, folder);
        files.Sort(MessageFile.CompareArrival);
        return new((root, layout), files, DeliveryFacts.Read(root, files.Select(file => file.BaseName)), hostname) { Account = account };
    }

    /// <summary>How a message came; null when the journal does not say.</summary>
    public ArrivedMessage? ArrivalOf(MessageFile file) => _facts.Find(file.BaseName);

    /// <summary>Opens a message as the rules saw it when it came.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IMailSource OpenMail(MessageFile file)
    {
        for (var tries = 0; ; tries++)
            try
            {
                return StoredMail.Open(_renamed.GetValueOrDefault(file.BaseName, file.Path), ArrivalOf(file), file.SizeInName, _hostname);
            }
            catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException && tries == 0)
            {
                // One look finds all that were renamed until now.
                foreach (var found in MaildirFiles.List(_maildir.Root, _maildir.Layout, file.Folder))
                    _renamed[found.BaseName] = found.Path;
            }
    }

    /// <summary>For whom a message came.</summary>
    /// <param name="file">Its file.</param>
    /// <param name="notes">What rules have noted in this trial.</param>
    public IRecipientSource RecipientOf(MessageFile file, INotes notes)
    {
        var arrived = ArrivalOf(file);
        return new RecipientFacts
        {
            Address = arrived?.Delivery.Recipient ?? "",
            Detail = arrived?.Detail ?? "",
            Account = Account,
            Folders = _folders ??= [.. MaildirFiles.Folders(_maildir.Root, _maildir.Layout).Select(folder => new AccountFolder(folder.Name.Value, folder.SpecialUse ?? ""))],
            Notes = notes,
        };
    }
}
