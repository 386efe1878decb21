namespace MailServer.Storage;

/// <summary>Tells how folders lie in a Maildir that no configuration speaks of.</summary>
public static class MaildirLayouts
{
    /// <summary>
    /// Maildir++ when a directory with a leading dot is a folder, <c>fs</c> when one without is; Maildir++ when there is none of either,
    /// since INBOX alone lies the same in both.
    /// </summary>
    /// <exception cref="IOException">The Maildir cannot be read.</exception>
    public static MaildirLayout Of(string maildir)
    {
        var isFs = false;
        foreach (var path in Directory.EnumerateDirectories(maildir))
        {
            if (Path.GetFileName(path.AsSpan()) is "cur" or "new" or "tmp")
                continue;
            var isFolder = Directory.Exists(Path.Combine(path, "cur"));
            if (isFolder && Path.GetFileName(path.AsSpan())[0] == '.')
                return MaildirLayout.MaildirPlusPlus;
            isFs |= isFolder || Directory.EnumerateDirectories(path).Any(child => Directory.Exists(Path.Combine(child, "cur")));
        }

        return isFs ? MaildirLayout.Fs : MaildirLayout.MaildirPlusPlus;
    }
}
