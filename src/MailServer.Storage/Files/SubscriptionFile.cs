using System.Text;
using MailServer.Posix;
using MailServer.Wire.Imap;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// The subscriptions of an account, in Dovecot's file: <c>V(tab)2</c>, an empty line, then a name a line with tabs between its levels; or
/// the older form, a name a line with dots. Courier's <c>courierimapsubscribed</c> is read where that file is not.
/// </summary>
internal sealed class SubscriptionFile(string root, MaildirLayout layout, ILogger logger)
{
    public const string FileName = "subscriptions";

    private const string Version2 = "V\t2";

    /// <summary>Names one account may subscribe to: each LSUB lists them all.</summary>
    private const int MaxNames = 10_000;

    private string FilePath => Path.Combine(root, FileName);

    /// <exception cref="IOException">It cannot be read now.</exception>
    public List<FolderName> Read()
    {
        var names = new Names(layout);
        if (!SideFile.ReadLines(FilePath, SideFile.MaxNames, logger, names.Read))
            ReadCourier(names);
        return names.All;
    }

    /// <summary>Reads what makes sense, and keeps nothing beside.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public List<FolderName> ReadOnly()
    {
        var names = new Names(layout);
        _ = SideFile.Check(FilePath, SideFile.MaxNames, names.Read, out var isThere);
        if (!isThere)
            ReadCourier(names);
        return names.All;
    }

    /// <summary>Reads it and changes nothing; says what is wrong with it, or null.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static string? Check(string root, MaildirLayout layout, out IReadOnlyList<FolderName> names)
    {
        var read = new Names(layout);
        names = read.All;
        return SideFile.Check(Path.Combine(root, FileName), SideFile.MaxNames, read.Read, out _);
    }

    /// <summary>It is another server's, and stays as it is whatever it holds.</summary>
    private void ReadCourier(Names names)
    {
        try
        {
            foreach (var line in SideFile.Lines(SideFile.Read(Path.Combine(root, "courierimapsubscribed"), SideFile.MaxNames) ?? []))
                names.Read(line.StartsWith("INBOX.", StringComparison.Ordinal) ? line[6..] : line);
        }
        catch (BrokenFileException broken)
        {
            Log.ForeignIgnored(logger, Path.Combine(root, "courierimapsubscribed"), broken.Message);
        }
    }

    /// <summary>Writes down what Courier has, so that Dovecot sees it too; a file that is there is left alone.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public async ValueTask TakeOverAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        if (File.Exists(FilePath) || Read() is not { Count: > 0 } names)
            return;
        using var held = await DotLock.TakeAsync(FilePath, time, logger, cancellationToken).ConfigureAwait(false);
        if (!File.Exists(FilePath))
            Write(names);
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
        Write(names);
        return null;
    }

    private void Write(IEnumerable<FolderName> names)
    {
        // Where directories have names in UTF-8, as Courier makes them, Dovecot is told so, and reads these names in UTF-8 too.
        var isUtf8 = Directory.EnumerateDirectories(root).Any(path => !Ascii.IsValid(Path.GetFileName(path.AsSpan())));
        var text = new StringBuilder(Version2).Append("\n\n");
        foreach (var name in names)
            text.AppendJoin('\t', name.Value.Split('/').Select(level => isUtf8 ? level : Encode(level))).Append('\n');
        DurableFile.WriteAllBytes(FilePath, Encoding.UTF8.GetBytes(text.ToString()), DiskFile.Private);
    }

    private string Encode(string level) => ModifiedUtf7.Encode(level, layout == MaildirLayout.Fs ? "" : ".");

    /// <summary>Reads names, each once.</summary>
    private sealed class Names(MaildirLayout layout)
    {
        private readonly HashSet<FolderName> _seen = [];
        private char _separator = layout == MaildirLayout.Fs ? '/' : '.';

        public List<FolderName> All { get; } = [];

        public bool Read(string line)
        {
            if (line == Version2)
            {
                _separator = '\t';
                return true;
            }

            if (line.Length == 0)
                return true;
            if (All.Count >= MaxNames || line.Length > FolderName.MaxOctets * 8
                || !FolderName.TryParse(string.Join('/', line.Split(_separator).Select(Decode)), out var name))
                return false;
            if (_seen.Add(name))
                All.Add(name);
            return true;
        }

        private static string Decode(string level) =>
            ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(level), ".", out var decoded) ? decoded : level;
    }
}
