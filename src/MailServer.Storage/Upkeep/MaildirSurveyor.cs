using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Storage;

/// <summary>Finds out whose a Maildir is and what it holds, before it is adopted; changes nothing.</summary>
public static class MaildirSurveyor
{
    /// <summary>Looks at a Maildir.</summary>
    /// <param name="maildir">The account's Maildir.</param>
    /// <param name="layout">How folders lie in it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The Maildir cannot be read.</exception>
    public static MaildirSurvey Look(string maildir, MaildirLayout layout, TimeProvider time, IProgress<UpkeepProgress>? progress, CancellationToken cancellationToken)
    {
        var findings = new MaildirVerifier(maildir, layout, time).Verify(null, readsAll: false, progress, cancellationToken);
        SortedSet<string> programs = new(StringComparer.Ordinal);
        var places = new FolderPaths(maildir, layout).All();
        List<FolderSurvey> folders = [];
        foreach (var place in places)
        {
            cancellationToken.ThrowIfCancellationRequested();
            folders.Add(FolderSurveyor.Look(place, programs));
        }

        var subscriptions = new SubscriptionFile(maildir, layout, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).ReadOnly();
        var there = places.Select(place => place.Name).ToHashSet();
        return new()
        {
            Maildir = maildir,
            Layout = layout == MaildirLayout.Fs ? "fs" : "maildir++",
            Programs = [.. programs],
            NameEncodings = [.. places.SelectMany(place => EncodingsOf(place, layout)).Distinct().Order(StringComparer.Ordinal)],
            Folders = folders,
            Subscriptions = [.. subscriptions.Select(name => name.Value)],
            SubscribedAndGone = [.. subscriptions.Where(name => !there.Contains(name)).Select(name => name.Value)],
            Quota = QuotaOf(maildir),
            SieveFiles = SieveIn(maildir),
            Findings = findings,
        };
    }

    private static IEnumerable<string> EncodingsOf(FolderPlace place, MaildirLayout layout)
    {
        var name = Path.GetRelativePath(place.Root, place.Path);
        if (!Ascii.IsValid(name))
            yield return "UTF-8";
        else if (name.Contains('&', StringComparison.Ordinal) && ModifiedUtf7.TryDecode(Encoding.ASCII.GetBytes(name), layout == MaildirLayout.Fs ? "" : ".", out var decoded) && decoded != name)
            yield return "modified UTF-7";
    }

    private static string? QuotaOf(string maildir)
    {
        string? quota = null;
        _ = SideFile.Check(Path.Combine(maildir, MaildirSum.FileName), MaildirSum.MaxOctets, line => (quota ??= line) is not null, out _);
        return quota;
    }

    /// <summary>Dovecot's and Courier's filters lie beside the Maildir, or in it.</summary>
    private static List<string> SieveIn(string maildir)
    {
        var home = Path.GetDirectoryName(Path.GetFullPath(maildir)) ?? maildir;
        var found = new List<string>();
        foreach (var path in (string[])[Path.Combine(home, ".dovecot.sieve"), Path.Combine(maildir, ".dovecot.sieve"), Path.Combine(home, ".mailfilter")])
            if (File.Exists(path))
                found.Add(path);
        foreach (var directory in (string[])[Path.Combine(home, "sieve"), Path.Combine(maildir, "sieve")])
            if (Directory.Exists(directory))
                found.AddRange(Directory.EnumerateFiles(directory, "*.sieve").Order(StringComparer.Ordinal));
        return found;
    }
}
