namespace MailServer.Storage;

/// <summary>One session's hold of an account.</summary>
internal sealed class MaildirAccount(StoreContext store, FolderTable table, FolderPaths paths, User user, Author author) : IMailAccount
{
    private readonly FolderOperations _operations = new(store, table, paths, author);

    public User User { get; } = user;

    public ValueTask<Outcome<IReadOnlyList<FolderInfo>>> ListAsync(CancellationToken cancellationToken) => new(Try("listing folders", () => FolderList.Read(paths, store.Logger, store.LeaveOut)));

    public ValueTask<Outcome<IReadOnlyList<FolderName>>> ListSubscribedAsync(CancellationToken cancellationToken) =>
        new(Try("reading subscriptions", () => (IReadOnlyList<FolderName>)new SubscriptionFile(paths.Root, store.Options.Layout, store.Logger).Read()));

    public ValueTask<Problem?> SetSubscribedAsync(FolderName folder, bool subscribed, CancellationToken cancellationToken) =>
        TryAsync("subscribing", () => new SubscriptionFile(paths.Root, store.Options.Layout, store.Logger).SetAsync(folder, subscribed, store, cancellationToken));

    public ValueTask<Problem?> CreateAsync(FolderName folder, string? specialUse, CancellationToken cancellationToken) =>
        TryAsync("making a folder", () => _operations.CreateAsync(folder, specialUse, cancellationToken));

    public ValueTask<Problem?> DeleteAsync(FolderName folder, CancellationToken cancellationToken) =>
        TryAsync("deleting a folder", () => _operations.DeleteAsync(folder, cancellationToken));

    public ValueTask<Problem?> RenameAsync(FolderName from, FolderName to, CancellationToken cancellationToken) =>
        TryAsync("renaming a folder", () => _operations.RenameAsync(from, to, cancellationToken));

    public ValueTask<Outcome<IReadOnlyList<MetadataEntry>>> MetadataAsync(FolderName? folder, CancellationToken cancellationToken) =>
        new(MetadataOf(folder) is { } file ? Try("reading annotations", file.Read) : Problem.NoSuchFolder);

    public ValueTask<Problem?> SetMetadataAsync(FolderName? folder, IReadOnlyList<MetadataEntry> entries, CancellationToken cancellationToken) =>
        MetadataOf(folder) is { } file ? TryAsync("setting annotations", () => file.SetAsync(entries, cancellationToken)) : new(Problem.NoSuchFolder);

    public ValueTask<Outcome<QuotaUsage>> QuotaAsync(CancellationToken cancellationToken) => 
        TryValueAsync("counting", () => store.Quotas.Of(paths.Root).UsageAsync(cancellationToken));

    public ValueTask<Outcome<FolderStatus>> StatusAsync(FolderName folder, CancellationToken cancellationToken) =>
        StatusAsync(folder, withSize: true, cancellationToken);

    public async ValueTask<Outcome<FolderStatus>> StatusAsync(FolderName folder, bool withSize, CancellationToken cancellationToken)
    {
        var acquired = await AcquireAsync(folder, cancellationToken).ConfigureAwait(false);
        if (!acquired.TryGet(out var shared, out var problem))
            return problem;
        try
        {
            if (withSize)
                await shared.MeasureAllAsync(cancellationToken).ConfigureAwait(false);
            return shared.Status();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return store.Failed("measuring messages", failure);
        }
        finally
        {
            await table.ReleaseAsync(shared).ConfigureAwait(false);
        }
    }

    public async ValueTask<Outcome<IFolderView>> OpenFolderAsync(
        FolderName folder, FolderAccess access, IMailConnection? session, CancellationToken cancellationToken)
    {
        var acquired = await AcquireAsync(folder, cancellationToken).ConfigureAwait(false);
        return acquired.TryGet(out var shared, out var problem)
            ? await FolderView.OpenAsync(store, table, paths, shared, access, session, author, cancellationToken).ConfigureAwait(false)
            : problem;
    }

    public async ValueTask<Outcome<IMessageDraft>> BeginAppendAsync(
        FolderName folder, MessageFlags flags, DateTimeOffset? internalDate, CancellationToken cancellationToken)
    {
        var begun = await BeginReplaceAsync(folder, flags, internalDate, cancellationToken).ConfigureAwait(false);
        if (begun.Problem is not null || await store.Quotas.Of(paths.Root).RefusesAsync(0, 1, cancellationToken).ConfigureAwait(false) is not { } full)
            return begun;
        await begun.Value.DisposeAsync().ConfigureAwait(false);
        return full;
    }

    public async ValueTask<Outcome<IMessageDraft>> BeginReplaceAsync(
        FolderName folder, MessageFlags flags, DateTimeOffset? internalDate, CancellationToken cancellationToken)
    {
        if (!KeywordName.AreAllowed(flags.Keywords))
            return FolderProblem.BadKeyword;
        if (paths.PlaceOf(folder) is not { } place)
            return FolderProblem.Impossible;
        if (!_operations.Exists(place))
            return Problem.NoSuchFolder;
        try
        {
            await store.Maker.EnsureAsync(place).ConfigureAwait(false);
            return new MessageDraft(store, table, place, flags, internalDate, author);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return store.Failed("adding a message", failure);
        }
    }

    public ValueTask<Outcome<IReadOnlyList<AppendResult>>> CommitAsync(IReadOnlyList<IMessageDraft> drafts, CancellationToken cancellationToken) =>
        MessageDraft.CommitAsync([.. drafts.Cast<MessageDraft>()], default, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private MetadataFile? MetadataOf(FolderName? folder)
    {
        if (folder is not { } name)
            return new(Path.Combine(paths.Root, MetadataFile.AccountFileName), store);
        return paths.PlaceOf(name) is { } place && _operations.Exists(place) ? new(place.File(MetadataFile.FileName), store) : null;
    }

    private async ValueTask<Outcome<SharedFolder>> AcquireAsync(FolderName folder, CancellationToken cancellationToken)
    {
        if (paths.PlaceOf(folder) is not { } place)
            return Problem.NoSuchFolder;
        if (!_operations.Exists(place))
            return Problem.NoSuchFolder;
        try
        {
            return await table.AcquireAsync(place, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return store.Failed("opening a folder", failure);
        }
    }

    private Outcome<T> Try<T>(string operation, Func<T> call)
        where T : notnull
    {
        try
        {
            return call();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return store.Failed(operation, failure);
        }
    }

    private async ValueTask<Outcome<T>> TryValueAsync<T>(string operation, Func<ValueTask<T>> call)
        where T : notnull
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return store.Failed(operation, failure);
        }
    }

    private async ValueTask<Problem?> TryAsync(string operation, Func<ValueTask<Problem?>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return store.Failed(operation, failure);
        }
    }
}
