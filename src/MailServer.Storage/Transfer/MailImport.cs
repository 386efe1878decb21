namespace MailServer.Storage;

/// <summary>
/// Brings mail from outside into an account, beside a server that runs or without one. It can be broken off at any point, by a power cut
/// too, and begun again: what is in is not brought in twice, and what was not durable comes then.
/// </summary>
public sealed class MailImport(MaildirStore store, User user, ImportOptions options)
{
    private readonly TransferReport _report = new();

    /// <summary>Brings in all that is found.</summary>
    /// <param name="source">A file or a directory.</param>
    /// <param name="progress">Is told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops between two messages.</param>
    /// <exception cref="IOException">The source cannot be read at all, or another import is at work on the account.</exception>
    public async ValueTask<TransferReport> RunAsync(string source, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var tree = SourceTree.Find(source, options.Format, options.Folder, store.Context.Logger);
        _report.OtherFiles = tree.OtherFiles;
        foreach (var (name, reason) in tree.Unread)
            _report.Skip(name, reason);
        var total = tree.Sources.Sum(part => part.Length);
        var paths = store.PathsOf(user);
        var exists = Directory.Exists(paths.Root);
        if (!exists && !options.IsDryRun && (await store.OpenAsync(user, cancellationToken).ConfigureAwait(false)).Problem is { } problem)
        {
            _report.Problem = problem;
            return _report;
        }

        using var record = ImportRecord.Open(paths, options.IsDryRun);
        var before = 0L;
        foreach (var part in tree.Sources)
            using (part)
            {
                var target = await ImportTarget.OpenAsync(store, user, part.Folder, record, options, _report.Of(part.Folder), cancellationToken).ConfigureAwait(false);
                await using (target.ConfigureAwait(false))
                {
                    _report.Problem = target.Problem ?? await CopyAsync(part, target, step => Report(progress, before + step, total, part.Folder), cancellationToken).ConfigureAwait(false);
                    if (_report.Problem is not null)
                        return _report;
                }

                before += part.Length;
            }

        return _report;
    }

    private async ValueTask<Problem?> CopyAsync(MessageSource part, ImportTarget target, Action<long> step, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var spool = target.NewSpool();
                SourceMessage? message;
                try
                {
                    message = part.Read(spool.Writer, cancellationToken);
                }
                catch
                {
                    await spool.DisposeAsync().ConfigureAwait(false);
                    throw;
                }

                if (message is null or { Skip: not null })
                    await spool.DisposeAsync().ConfigureAwait(false);
                if (message is null)
                    break;
                step(message.Position);
                if (message.Skip is { } reason)
                    _report.Skip(message.Origin, reason.Text, reason.IsFault);
                else if (await target.AddAsync(spool, message, cancellationToken).ConfigureAwait(false) is { } problem)
                    return problem;
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // The source ends here; what was read of it is kept.
            _report.Skip(part.Name, $"the rest cannot be read: {failure.Message}");
        }

        return await target.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Report(IProgress<TransferProgress>? progress, long done, long total, FolderName folder) =>
        progress?.Report(new(done, total, _report.Added + _report.AlreadyThere, folder));
}
