using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>Opens the folders of a Maildir one after the other through a store of its own, beside a server that may run.</summary>
internal sealed class FolderOpener(string maildir, MaildirLayout layout, string hostname, TimeProvider time, ILoggerFactory logging)
{
    private static readonly User Nobody = new() { Name = "store", Address = new("store", "localhost") };

    /// <summary>Days that the account's journal is kept; 0 for none.</summary>
    public int JournalDays { get; set; } = StoreOptions.DefaultJournalDays;

    public int Folders { get; private set; }

    public long Messages { get; private set; }

    /// <summary>Opens each, and closes it again, which writes its index.</summary>
    /// <param name="before">What is done before each is opened.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Gives up; what is done stays done.</param>
    /// <returns>The folders that could not be opened, each with the reason.</returns>
    public async ValueTask<IReadOnlyList<string>> OpenAllAsync(Action<FolderPlace>? before, IProgress<UpkeepProgress>? progress, CancellationToken cancellationToken)
    {
        List<string> failed = [];
        using var watcher = DirectoryWatcher.Create();
        var options = new StoreOptions { Maildir = maildir, Layout = layout, DataDirectory = maildir, Hostname = hostname, JournalDays = JournalDays };
        var store = new MaildirStore(options, watcher, time, logging);
        await using (store.ConfigureAwait(false))
        {
            var opened = await store.OpenAsync(Nobody, cancellationToken).ConfigureAwait(false);
            if (!opened.TryGet(out var account, out var problem))
                return [$"{maildir}: {problem.Text}"];
            var places = new FolderPaths(maildir, layout).All();
            foreach (var place in places)
            {
                Folders++;
                progress?.Report(new(place.Name.Value, Folders, places.Count, Messages));
                before?.Invoke(place);

                // As POP3 does, to itself: what is in new stays there, and recent.
                var view = await account.OpenFolderAsync(place.Name, FolderAccess.Maildrop, null, cancellationToken).ConfigureAwait(false);
                if (!view.TryGet(out var folder, out problem))
                {
                    failed.Add($"{place.Path}: {problem.Text}");
                    continue;
                }

                Messages += folder.Count;
                if (folder.Count > 0)
                    await folder.MeasureAsync(1, folder.Count, cancellationToken).ConfigureAwait(false);
                if (CourierFiles.HasKeywords(place))
                    await GiveLettersAsync(folder, cancellationToken).ConfigureAwait(false);
                await folder.DisposeAsync().ConfigureAwait(false);
            }
        }

        return failed;
    }

    /// <summary>Courier's keywords come without letters in file names; with them, Dovecot and others see them too.</summary>
    private static async ValueTask GiveLettersAsync(IFolderView folder, CancellationToken cancellationToken)
    {
        var same = Enumerable.Range(1, folder.Count)
            .Select(sequence => (Sequence: sequence, Flags: folder.FlagsAt(sequence)))
            .Where(message => message.Flags.Keywords.Count > 0)
            .GroupBy(message => $"{message.Flags.System} {string.Join(' ', message.Flags.Keywords)}");
        foreach (var messages in same)
            await folder.StoreAsync([.. messages.Select(message => message.Sequence)], FlagChange.Replace, messages.First().Flags, cancellationToken).ConfigureAwait(false);
    }
}
