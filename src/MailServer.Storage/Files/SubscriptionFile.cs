using System.Text;
using MailServer.Posix;
using MailServer.Wire.Imap;

namespace MailServer.Storage;

/// <summary>
/// The subscriptions of an account, in Dovecot's file: <c>V(tab)2</c>, an empty line, then a name a line with tabs between its levels; or
/// the older form, a name a line with dots. Courier's <c>courierimapsubscribed</c> is read where that file is not.
/// </summary>
internal sealed class SubscriptionFile(string root, MaildirLayout layout)
{
    public const string FileName = "subscriptions";

    private const string Version2 = "V\t2";

    /// <summary>Names one account may subscribe to: each LSUB lists them all.</summary>
    private const int MaxNames = 10_000;

    private string FilePath => Path.Combine(root, FileName);

    /// <exception cref="IOException">It cannot be read.</exception>
    public List<FolderName> Read()
    {
        if (File.Exists(FilePath))
            return Parse(File.ReadAllLines(FilePath));
        var courier = Path.Combine(root, "courierimapsubscribed");
        return File.Exists(courier)
            ? Parse(File.ReadAllLines(courier).Select(line => line.StartsWith("INBOX.", StringComparison.Ordinal) ? line[6..] : line))
            : [];
    }

    /// <summary>Adds or takes away a name.</summary>
    /// <exception cref="IOException">It failed; the old file is as it was.</exception>
    public async ValueTask<Problem?> SetAsync(FolderName folder, bool subscribed, StoreContext store, CancellationToken cancellationToken)
    {
        using var held = await DotLock.TakeAsync(FilePath, store.Time, store.Logger, cancellationToken).ConfigureAwait(false);
        var names = Read();
        if (names.Contains(folder) == subscribed)
            return null;
        if (subscribed && names.Count >= MaxNames)
            return new(new(5, 2, 0), "Too many subscriptions") { Reason = ProblemReason.LimitReached };
        if (subscribed)
            names.Add(folder);
        else
            names.Remove(folder);

        var text = new StringBuilder(Version2).Append("\n\n");
        foreach (var name in names)
            text.AppendJoin('\t', name.Value.Split('/').Select(Encode)).Append('\n');
        DurableFile.WriteAllBytes(FilePath, Encoding.UTF8.GetBytes(text.ToString()), DiskFile.Private);
        return null;
    }

    private List<FolderName> Parse(IEnumerable<string> lines)
    {
        List<FolderName> names = [];
        var separator = layout == MaildirLayout.Fs ? '/' : '.';
        foreach (var line in lines)
            if (line == Version2)
                separator = '\t';
            else if (line.Length > 0 && FolderName.TryParse(string.Join('/', line.Split(separator).Select(Decode)), out var name)
                && !names.Contains(name))
                names.Add(name);
        return names;
    }

    private string Encode(string level) => ModifiedUtf7.Encode(level, layout == MaildirLayout.Fs ? "" : ".");

    private static string Decode(string level) =>
        ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(level), ".", out var decoded) ? decoded : level;
}
