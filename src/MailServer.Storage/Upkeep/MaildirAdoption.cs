using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Does to a Maildir what its first opening would do: gives UIDs to messages that have none, takes over Courier's UIDs, keywords and POP3
/// unique-ids, mends what is broken, builds the index. Doing it again changes nothing.
/// </summary>
/// <param name="maildir">The account's Maildir.</param>
/// <param name="layout">How folders lie in it.</param>
/// <param name="hostname">The host's name, for new file names.</param>
/// <param name="time">The clock.</param>
/// <param name="logging">Hears what is mended.</param>
public sealed class MaildirAdoption(string maildir, MaildirLayout layout, string hostname, TimeProvider time, ILoggerFactory logging)
{
    /// <summary>Days that the account's journal is kept; 0 for none.</summary>
    public int JournalDays { get; init; } = StoreOptions.DefaultJournalDays;

    /// <summary>Opens every folder once.</summary>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Gives up; what is done stays done.</param>
    /// <returns>The folders that could not be opened, each with the reason.</returns>
    /// <exception cref="IOException">Subscriptions cannot be written.</exception>
    public async ValueTask<IReadOnlyList<string>> ApplyAsync(IProgress<UpkeepProgress>? progress, CancellationToken cancellationToken)
    {
        var failed = await new FolderOpener(maildir, layout, hostname, time, logging) { JournalDays = JournalDays }.OpenAllAsync(null, progress, cancellationToken).ConfigureAwait(false);
        await new SubscriptionFile(maildir, layout, logging.CreateLogger("MailServer.Storage")).TakeOverAsync(time, cancellationToken).ConfigureAwait(false);
        return failed;
    }

    /// <summary>Writes into the account's journal what was found and done. Never fails.</summary>
    /// <param name="before">What was found.</param>
    /// <param name="problems">What could not be taken over.</param>
    public void WriteJournal(MaildirSurvey before, int problems)
    {
        ArgumentNullException.ThrowIfNull(before);
        var options = new StoreOptions { Maildir = maildir, DataDirectory = maildir, Hostname = hostname, JournalDays = JournalDays };
        new Journal(maildir, new(options, time, logging.CreateLogger("MailServer.Storage"))).Add(new JournalEntry
        {
            Event = JournalEvents.Adopted,
            By = "command",
            Session = "store adopt",
            Adoption = new()
            {
                Programs = before.Programs,
                Layout = before.Layout,
                Folders = before.Folders.Count,
                Messages = before.Folders.Sum(folder => (long)folder.Messages),
                GivenUids = before.Folders.Sum(folder => (long)folder.WithoutUid),
                Pop3Ids = before.Folders.Sum(folder => (long)folder.Pop3Ids),
                Subscriptions = before.Subscriptions.Count,
                Problems = problems,
            },
        });
    }

    /// <summary>What an adoption has changed of UIDs and UIDVALIDITY that clients know: nothing, if all went well.</summary>
    public static IReadOnlyList<string> Compare(MaildirSurvey before, MaildirSurvey after)
    {
        List<string> changed = [];
        var now = after.Folders.ToDictionary(folder => folder.Name);
        foreach (var folder in before.Folders)
        {
            if (!now.TryGetValue(folder.Name, out var adopted))
            {
                changed.Add($"{folder.Path}: the folder is gone");
                continue;
            }

            if (folder.UidValidity != 0 && folder.UidValidity != adopted.UidValidity)
                changed.Add($"{folder.Path}: UIDVALIDITY was {folder.UidValidity} and is {adopted.UidValidity}");
            var moved = folder.Uids.Count(pair => adopted.Uids.TryGetValue(pair.Key, out var uid) && uid != pair.Value);
            if (moved > 0)
                changed.Add($"{folder.Path}: {moved} messages have another UID");
            if (adopted.Pop3Ids < folder.Pop3Ids)
                changed.Add($"{folder.Path}: {folder.Pop3Ids - adopted.Pop3Ids} POP3 unique-ids are lost");
        }

        return changed;
    }
}
