using MailServer.Rules;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>The messages of a Maildir, to be shown to rules once more. Reads files and journal, and writes nothing.</summary>
public sealed class MailReplay
{
    private readonly string _hostname;
    private readonly DeliveryFacts _facts;

    private MailReplay(List<MessageFile> files, DeliveryFacts facts, string hostname)
    {
        (Files, _facts, _hostname) = (files, facts, hostname);
        MimeOptions.Prepare();
    }

    /// <summary>The messages, oldest first, as far as their names tell.</summary>
    public IReadOnlyList<MessageFile> Files { get; }

    /// <summary>How many of them the journal knows the coming of. Of the others only the message itself tells.</summary>
    public int WithFacts => _facts.Count;

    /// <summary>Lists the messages and reads the journal.</summary>
    /// <param name="root">The Maildir.</param>
    /// <param name="layout">How folders lie in it.</param>
    /// <param name="folder">Which folder; null for all.</param>
    /// <param name="hostname">The server's name, by which its own findings are known.</param>
    /// <exception cref="IOException">A directory or the journal cannot be read.</exception>
    public static MailReplay Open(string root, MaildirLayout layout, FolderName? folder, string hostname)
    {
        var files = MaildirFiles.List(root, layout, folder);
        files.Sort(MessageFile.CompareArrival);
        return new(files, DeliveryFacts.Read(root, files.Select(file => file.BaseName)), hostname);
    }

    /// <summary>How a message came; null when the journal does not say.</summary>
    public ArrivedMessage? ArrivalOf(MessageFile file) => _facts.Find(file.BaseName);

    /// <summary>Opens a message as the rules saw it when it came.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IMailSource OpenMail(MessageFile file) => StoredMail.Open(file.Path, ArrivalOf(file), file.SizeInName, _hostname);

    /// <summary>Asks rules about a message.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="source">The message.</param>
    /// <param name="file">Its file.</param>
    public Delivery Decide(RuleSet rules, IMailSource source, MessageFile file)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var arrived = ArrivalOf(file);
        return rules.Decide(new(source), new RecipientFacts { Address = arrived?.Delivery.Recipient ?? "", Detail = arrived?.Detail ?? "" }, Delivery.Keep);
    }
}
