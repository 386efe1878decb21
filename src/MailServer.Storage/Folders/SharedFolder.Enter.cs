using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Takes in messages whose files are complete and durable in the folder's <c>tmp</c>.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Gives letters to a delivery's keywords; what finds none is written down for its base name.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async ValueTask<string> LettersForAsync(string baseName, MessageFlags flags, CancellationToken cancellationToken)
    {
        await Io.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await PrepareAsync([new(baseName, "", flags, 0, 0, 0)], cancellationToken).ConfigureAwait(false) is [var letters] ? letters : "";
        }
        finally
        {
            Io.Release();
        }
    }

    /// <summary>Moves messages out of <c>tmp</c>, all or none, and gives them UIDs. Durable when it returns.</summary>
    /// <returns>The UIDs in order; null when the folder must be opened again.</returns>
    /// <exception cref="IOException">None was taken in.</exception>
    public async ValueTask<IReadOnlyList<uint>?> EnterAsync(IReadOnlyList<Arrival> arrivals, CancellationToken cancellationToken)
    {
        await Io.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (IsRetired)
                return null;
            var letters = await PrepareAsync(arrivals, cancellationToken).ConfigureAwait(false);
            using var held = await DotLock.TakeAsync(UidListPath, _store.Time, Logger, cancellationToken).ConfigureAwait(false);
            return Reload() ? await PlaceAsync(arrivals, letters).ConfigureAwait(false) : null;
        }
        finally
        {
            Io.Release();
        }
    }

    private async ValueTask<string[]> PrepareAsync(IReadOnlyList<Arrival> arrivals, CancellationToken cancellationToken)
    {
        await LearnAsync([.. arrivals.SelectMany(arrival => arrival.Flags.Keywords).Distinct(StringComparer.OrdinalIgnoreCase)], cancellationToken)
            .ConfigureAwait(false);
        var isFurther = false;
        var result = new string[arrivals.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var keywords = arrivals[i].Flags.Keywords.Distinct(StringComparer.OrdinalIgnoreCase).ToLookup(name => _keywords.LetterOf(name));
            isFurther |= _further.Set(arrivals[i].BaseName, [.. keywords['\0']]);
            result[i] = string.Concat(FlagLetters.Of(arrivals[i].Flags.System)
                .Concat(keywords.Select(group => group.Key).Where(letter => letter != '\0')).Order());
        }

        if (isFurther)
            WriteFurther();
        return result;
    }

    /// <summary>Names first, then UIDs: dying in between leaves files that the next look gives UIDs to.</summary>
    private async ValueTask<IReadOnlyList<uint>> PlaceAsync(IReadOnlyList<Arrival> arrivals, string[] letters)
    {
        var own = new OwnChange(this);
        List<NewFile> files = [];
        try
        {
            for (var i = 0; i < arrivals.Count; i++)
            {
                var arrival = arrivals[i];
                var file = new FoundFile(letters[i].Length > 0 ? $"{arrival.BaseName}:2,{letters[i]}" : arrival.BaseName, letters[i].Length == 0);
                PlaceFile(arrival.Draft, file);
                files.Add(new(arrival.BaseName, file.Name, file.InNew, arrival));
            }

            _store.Reached("named");
            var records = files.ConvertAll(file => _uids!.Add(file.BaseName, file.Arrival?.Key ?? ""));

            // Both at once: the file system answers with one commit. A line without a file is only a gap.
            await Task.WhenAll(SyncAsync(files), AppendAsync(records)).ConfigureAwait(false);
            own.Dispose();
            Insert(files);
            _store.Quotas.Of(Place.Root).Change(arrivals.Sum(arrival => arrival.FileSize), arrivals.Count);
            return records.ConvertAll(record => record.Uid);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            foreach (var file in files)
                DurableFile.TryUnlink(new FoundFile(file.FileName, file.InNew).PathIn(Place));
            throw;
        }
    }

    private async Task SyncAsync(List<NewFile> files)
    {
        if (files.Exists(file => file.InNew))
            await _store.Sync.SyncAsync(Place.New).ConfigureAwait(false);
        if (files.Exists(file => !file.InNew))
            await _store.Sync.SyncAsync(Place.Cur).ConfigureAwait(false);
    }
}

/// <summary>A message that waits in <c>tmp</c>.</summary>
/// <param name="BaseName">Its base name to be.</param>
/// <param name="Draft">Its file now.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="FileSize">The file's size.</param>
/// <param name="CrlfSize">Its size with CRLF line ends.</param>
/// <param name="DateTicks">The file's modification time.</param>
internal sealed record Arrival(string BaseName, string Draft, MessageFlags Flags, long FileSize, long CrlfSize, long DateTicks)
{
    /// <summary>The key of its line in the UID list that says of which message it is a copy.</summary>
    public string Key { get; init; } = "";

    /// <summary>Whether its last line has no end.</summary>
    public bool HasOpenEnd { get; init; }

    /// <summary>Its Message-ID, for the journal.</summary>
    public string? MessageId { get; init; }
}
