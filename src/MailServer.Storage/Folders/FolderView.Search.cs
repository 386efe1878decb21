namespace MailServer.Storage;

/// <summary>
/// SEARCH, RFC 9051 §6.4.4: first all that needs no file, then what the index rules out, then the messages that are left, on as many
/// threads as there are processors.
/// </summary>
internal sealed partial class FolderView
{
    /// <summary>Messages that a thread takes at once: some milliseconds, after which another search gets its turn.</summary>
    private const int SearchStep = 32;

    /// <summary>As <see cref="SearchStep"/>, of messages whose fields are at hand: a few microseconds each.</summary>
    private const int FieldStep = 1024;

    public async ValueTask<Outcome<IReadOnlyList<int>>> SearchAsync(SearchKey key, CancellationToken cancellationToken)
    {
        if (_folder.IsRetired)
            return Problem.NoSuchFolder;
        var program = SearchProgram.Compile(key);
        List<int> found = [];
        try
        {
            if (program.NeedsSize && Count > 0)
                await MeasureAsync(1, Count, cancellationToken).ConfigureAwait(false);
            var undecided = Decide(program, Enumerable.Range(1, Count), null, found);
            if (program.NeedsKeptFields)
                undecided = await DecideByFieldsAsync(program, undecided, found, cancellationToken).ConfigureAwait(false);
            var hints = await HintsAsync(program, undecided, cancellationToken).ConfigureAwait(false);
            if (hints is not null)
                undecided = Decide(program, undecided, hints, found);
            found.AddRange(await ReadAsync(program, undecided, hints, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("searching", failure);
        }

        found.Sort();
        return found;
    }

    /// <summary>Finds what is decided without a look at the messages; returns what is not.</summary>
    private List<int> Decide(SearchProgram program, IEnumerable<int> sequences, SearchHints? hints, List<int> found)
    {
        List<int> undecided = [];
        foreach (var sequence in sequences)
            if (program.Decide(SubjectAt(program, sequence, hints, NeverOpened)) is not false and var answer)
                (answer is true ? found : undecided).Add(sequence);
        return undecided;
    }

    private async ValueTask<SearchHints?> HintsAsync(SearchProgram program, List<int> undecided, CancellationToken cancellationToken)
    {
        if (!_store.Options.SearchIndex || undecided.Count < _store.Search.Few || program.Queries.All(query => query is null))
            return null;
        var (identity, today) = (_folder.SearchIdentity, _store.Time.GetUtcNow().Ticks / TimeSpan.TicksPerDay);
        var hints = await _store.Search.UseAsync(
            _paths.Root,
            database =>
            {
                var folder = database.FolderOf(identity, today);
                return folder == 0
                    ? new SearchHints(new(), [])
                    : new(database.MarksOf(folder), [.. program.Queries.Select(query => query is null ? null : database.Find(folder, query))]);
            },
            cancellationToken).ConfigureAwait(false);
        if (hints is not null && undecided.Count(sequence => EntryAt(sequence) is var entry && hints.Misses(entry.Uid, entry.BaseName)) >= _store.Search.Few)
            AskForIndex();
        return hints;
    }

    private void AskForIndex()
    {
        // Not this view: it has a session, whose plugin may have to go before the folder's turn comes.
        var (table, place) = (_table, _folder.Place);
        _store.Search.Ask(_paths.Root, place.Path, token => FolderSource.OpenAsync(table, place, token));
    }

    /// <summary>Those of the messages that match, in any order.</summary>
    private async ValueTask<IEnumerable<int>> ReadAsync(
        SearchProgram program, List<int> undecided, SearchHints? hints, CancellationToken cancellationToken)
    {
        var matches = new bool[undecided.Count];
        await InStepsAsync(undecided.Count, SearchStep, i =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            matches[i] = program.Matches(SubjectAt(program, undecided[i], hints, OpenerOf(EntryAt(undecided[i]))));
        }).ConfigureAwait(false);
        return undecided.Where((_, i) => matches[i]);
    }

    /// <summary>Finds what the header fields decide that are kept beside the index; returns what is left.</summary>
    private async ValueTask<List<int>> DecideByFieldsAsync(SearchProgram program, List<int> undecided, List<int> found, CancellationToken cancellationToken)
    {
        var answers = new bool?[undecided.Count];
        await InStepsAsync(undecided.Count, FieldStep, i =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_folder.KeptFieldsOf(EntryAt(undecided[i])) is { } fields)
                answers[i] = program.Decide(SubjectAt(program, undecided[i], null, NeverOpened), fields);
        }).ConfigureAwait(false);
        found.AddRange(undecided.Where((_, i) => answers[i] is true));
        return [.. undecided.Where((_, i) => answers[i] is null)];
    }

    /// <summary>Does something for each number below a count, on as many threads as there are processors.</summary>
    private async ValueTask InStepsAsync(int count, int step, Action<int> work)
    {
        var taken = 0;
        var steps = (count + step - 1) / step;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Environment.ProcessorCount, steps)).Select(_ => TakeAsync())).ConfigureAwait(false);

        async Task TakeAsync()
        {
            while (Interlocked.Increment(ref taken) is var next && next <= steps)
                await _store.Readers.RunAsync(() => Do((next - 1) * step)).ConfigureAwait(false);
        }

        void Do(int first)
        {
            try
            {
                for (var i = first; i < Math.Min(first + step, count); i++)
                    work(i);
            }
            catch
            {
                Interlocked.Exchange(ref taken, steps);                  // the others need not go on
                throw;
            }
        }
    }

    private FolderEntry EntryAt(int sequence) => _slots[sequence - 1].Entry;

    private static Stream? NeverOpened() => throw new InvalidOperationException("nothing is read yet");

    private SearchSubject SubjectAt(SearchProgram program, int sequence, SearchHints? hints, Func<Stream?> open) => new()
    {
        Info = program.NeedsSize ? InfoAt(sequence) : KnownAt(sequence),
        Sequence = sequence,
        IsRecent = IsRecent(sequence),
        LastUid = UidAt(Count),
        LastSequence = Count,
        Hints = hints?.Knows(UidAt(sequence), EntryAt(sequence).BaseName) is true ? hints : null,
        Open = open,
    };
}
