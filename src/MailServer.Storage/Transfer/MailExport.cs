using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Writes an account's mail out, beside a server that runs or without one. A repeated export goes on where the last one stopped, and adds
/// what has come since.
/// </summary>
public sealed class MailExport(MaildirStore store, User user, ExportOptions options)
{
    private readonly TransferReport _report = new();
    private long _done;
    private long _messages;
    private long _total;

    /// <summary>Writes all that is asked for.</summary>
    /// <param name="directory">Where to; made when it is not there.</param>
    /// <param name="progress">Is told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops between two messages.</param>
    /// <exception cref="IOException">The directory cannot be used at all.</exception>
    public async ValueTask<TransferReport> RunAsync(string directory, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if ((directory + "/").StartsWith(store.MaildirOf(user) + "/", StringComparison.Ordinal))
            throw new IOException($"{directory} is in the account's own Maildir");
        var opened = await store.OpenAsync(user, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var account, out var problem))
        {
            _report.Problem = problem;
            return _report;
        }

        DiskFile.MakeDirectory(directory);
        using var record = new ExportRecord(directory, options);
        await using (account.ConfigureAwait(false))
            await RunAsync(account, directory, record, progress, cancellationToken).ConfigureAwait(false);
        return _report;
    }

    private async ValueTask RunAsync(
        IMailAccount account, string directory, ExportRecord record, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var listed = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        if (!listed.TryGet(out var all, out var problem))
        {
            _report.Problem = problem;
            return;
        }

        FolderName[] folders = [.. all.Where(folder => folder.IsSelectable && IsAskedFor(folder.Name)).Select(folder => folder.Name)];
        if (folders.Length == 0)
            _report.Problem = Problem.NoSuchFolder;
        foreach (var folder in folders)
            _total += (await account.StatusAsync(folder, cancellationToken).ConfigureAwait(false)) is { Problem: null, Value: var status } ? status.Size : 0;
        foreach (var folder in folders)
        {
            var opened = await account.OpenFolderAsync(folder, FolderAccess.ReadOnly, null, cancellationToken).ConfigureAwait(false);
            if (!opened.TryGet(out var view, out problem))
            {
                _report.Skip(folder.Value, problem.Text);
                continue;
            }

            await using (view.ConfigureAwait(false))
                await TryAsync((FolderView)view, directory, record, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsAskedFor(FolderName folder) =>
        options.Folder is not { } asked || folder == asked || folder.Value.StartsWith(asked.Value + "/", StringComparison.Ordinal);

    /// <summary>What one folder fails by, a full disk apart, the next need not.</summary>
    private async ValueTask TryAsync(
        FolderView view, string directory, ExportRecord record, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var folder = _report.Of(view.Folder);
        if (record.Objection(view.Folder, view.UidValidity) is { } objection)
        {
            _report.Skip(view.Folder.Value, objection);
            return;
        }

        try
        {
            using var target = await OpenAsync(view, directory, record).ConfigureAwait(false);
            for (var sequence = 1; sequence <= view.Count; sequence++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var info = view.InfoAt(sequence);
                if (!options.Takes(info.InternalDate))
                    continue;
                if (target.Has(view, sequence))
                    folder.AlreadyThere++;
                else
                    await WriteAsync(view, sequence, target, folder, cancellationToken).ConfigureAwait(false);
                progress?.Report(new(_done += info.Size, _total, ++_messages, view.Folder));
            }

            await target.FinishAsync(view).ConfigureAwait(false);
            if (options.Format != TransferFormat.Mbox)
                record.Write(view.Folder, view.UidValidity, view.UidNext, 0);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _report.Skip(view.Folder.Value, failure.Message);
            if (DiskProblem.From(failure) == Problem.StorageFull)
                _report.Problem = Problem.StorageFull;
        }
    }

    private async ValueTask WriteAsync(FolderView view, int sequence, ExportTarget target, TransferredFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            if (await target.WriteAsync(view, sequence, cancellationToken).ConfigureAwait(false))
                folder.Added++;
        }
        catch (UnauthorizedAccessException failure)
        {
            _report.Skip(view.BaseNameAt(sequence), failure.Message);
        }
    }

    private async ValueTask<ExportTarget> OpenAsync(FolderView view, string directory, ExportRecord record)
    {
        if (options.Format == TransferFormat.Maildir)
        {
            var place = new FolderPaths(directory, MaildirLayout.MaildirPlusPlus).PlaceOf(view.Folder)
                ?? throw new IOException("no directory can have that name");
            await store.Context.Maker.EnsureAsync(new FolderPaths(directory, MaildirLayout.MaildirPlusPlus).PlaceOf(FolderName.Inbox)!).ConfigureAwait(false);
            await store.Context.Maker.EnsureAsync(place).ConfigureAwait(false);
            return new MaildirTarget(store.Context, place, options.IsLinked);
        }

        var levels = view.Folder.Value.Split('/').Select(FolderFileName.Encode).ToArray();
        var below = options.Format == TransferFormat.Mbox ? levels[..^1] : levels;
        var parent = Path.Combine([directory, .. below]);
        await store.Context.Maker.MakeDirectoryAsync(parent).ConfigureAwait(false);
        return options.Format == TransferFormat.Mbox ? MboxTarget.Open(Path.Combine(parent, levels[^1] + ".mbox"), record, view) : new EmlTarget(store.Context, parent);
    }
}
