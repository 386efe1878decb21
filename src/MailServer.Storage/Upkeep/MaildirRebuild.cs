using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Removes the index, structures and search of each folder, and opens the folder, which makes them anew. UIDs, flags and keywords are in
/// plain files, and stay. A server that runs notices that its index is another.
/// </summary>
/// <param name="maildir">The account's Maildir.</param>
/// <param name="layout">How folders lie in it.</param>
/// <param name="hostname">The host's name.</param>
/// <param name="time">The clock.</param>
/// <param name="logging">Hears what the store warns of.</param>
public sealed class MaildirRebuild(string maildir, MaildirLayout layout, string hostname, TimeProvider time, ILoggerFactory logging)
{
    private readonly FolderOpener _opener = new(maildir, layout, hostname, time, logging);

    /// <summary>Days that the account's journal is kept; 0 for none.</summary>
    public int JournalDays { get => _opener.JournalDays; init => _opener.JournalDays = value; }

    /// <summary>Folders gone through.</summary>
    public int Folders => _opener.Folders;

    /// <summary>Messages in them.</summary>
    public long Messages => _opener.Messages;

    /// <summary>Makes all anew.</summary>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Gives up; what is done stays done.</param>
    /// <returns>The folders that could not be opened, each with the reason.</returns>
    /// <exception cref="IOException">A file cannot be removed.</exception>
    public ValueTask<IReadOnlyList<string>> RunAsync(IProgress<UpkeepProgress>? progress, CancellationToken cancellationToken) =>
        _opener.OpenAllAsync(static place =>
        {
            foreach (var path in CacheFiles.In(place.Path))
                File.Delete(path);
        }, progress, cancellationToken);
}
