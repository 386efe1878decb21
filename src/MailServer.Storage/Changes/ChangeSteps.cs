namespace MailServer.Storage;

/// <summary>
/// Does planned changes, many at once: flags, then copies, then removals, then moves. Each step can be done again: what it makes has a name
/// that was given before.
/// </summary>
/// <param name="folders">The account's folders.</param>
/// <param name="isAgain">Whether some of the steps may be done already.</param>
internal sealed class ChangeSteps(ChangeFolders folders, bool isAgain)
{
    private readonly Dictionary<int, string?> _outcomes = [];
    private IReadOnlyList<MailChange> _changes = [];

    /// <summary>By number: null for a change that is done, else why it was left alone.</summary>
    public IReadOnlyDictionary<int, string?> Outcomes => _outcomes;

    /// <summary>Does them. A problem means that the rest is still to be done.</summary>
    public async ValueTask<Problem?> RunAsync(IReadOnlyList<MailChange> changes, CancellationToken cancellationToken)
    {
        _changes = changes;
        if (await LookAsync(cancellationToken).ConfigureAwait(false) is { } unseen)
            return unseen;
        if (await FlagAsync(cancellationToken).ConfigureAwait(false) is { } unflagged)
            return unflagged;
        if (await CopyAsync(cancellationToken).ConfigureAwait(false) is { } uncopied)
            return uncopied;
        if (await RemoveAsync(cancellationToken).ConfigureAwait(false) is { } unremoved)
            return unremoved;
        if (await MoveAsync(cancellationToken).ConfigureAwait(false) is { } unmoved)
            return unmoved;
        foreach (var number in Remaining())
            _outcomes[number] = null;
        return null;
    }

    private int[] Remaining() => [.. Enumerable.Range(0, _changes.Count).Where(number => !_outcomes.ContainsKey(number))];

    /// <summary>Where a change was broken off, the message may be moved already, or somebody may have touched it since.</summary>
    private async ValueTask<Problem?> LookAsync(CancellationToken cancellationToken)
    {
        foreach (var number in Remaining())
        {
            var change = _changes[number];
            var (folder, problem) = await folders.FolderAsync(change.Folder, cancellationToken).ConfigureAwait(false);
            if (problem is not null)
                return problem;
            if (folder is not null && folder.SequenceOf(change.Message) is > 0 and var sequence)
            {
                var now = folder.View.FlagsAt(sequence);
                if (!FlagText.AreAlike(now, FlagText.Read(change.Flags)) && !FlagText.AreAlike(now, FlagText.Read(change.After)))
                    _outcomes[number] = ChangeSkips.Flagged;
            }
            else
                _outcomes[number] = isAgain && change.To is { } to && await IsThereAsync(to, change.As, cancellationToken).ConfigureAwait(false) ? null : ChangeSkips.Gone;
        }

        return null;
    }

    private async ValueTask<bool> IsThereAsync(string name, string? message, CancellationToken cancellationToken) =>
        message is not null && (await folders.FolderAsync(name, cancellationToken).ConfigureAwait(false)).Folder is { } folder && folder.SequenceOf(message) > 0;

    private async ValueTask<Problem?> FlagAsync(CancellationToken cancellationToken)
    {
        foreach (var group in Remaining().Where(number => _changes[number].Flags != _changes[number].After)
            .GroupBy(number => (_changes[number].Folder, _changes[number].Flags, _changes[number].After)))
        {
            var (before, after) = (FlagText.Read(group.Key.Flags), FlagText.Read(group.Key.After));
            if (await WithAsync(group.Key.Folder, group, _ => null, async (view, sequences) =>
                (FlagText.Except(after, before) is var more && !more.Equals(default) ? (await view.StoreAsync(sequences, FlagChange.Add, more, cancellationToken).ConfigureAwait(false)).Problem : null)
                ?? (FlagText.Except(before, after) is var less && !less.Equals(default) ? (await view.StoreAsync(sequences, FlagChange.Remove, less, cancellationToken).ConfigureAwait(false)).Problem : null),
                cancellationToken).ConfigureAwait(false) is { } problem)
                return problem;
        }

        return null;
    }

    private async ValueTask<Problem?> CopyAsync(CancellationToken cancellationToken)
    {
        List<(int Number, ChangeCopy Copy)> copies = [];
        foreach (var number in Remaining())
            foreach (var copy in _changes[number].Copies ?? [])
                if (!isAgain || !await IsThereAsync(copy.Folder, copy.Message, cancellationToken).ConfigureAwait(false))
                    copies.Add((number, copy));
        foreach (var group in copies.GroupBy(one => (_changes[one.Number].Folder, one.Copy.Folder)))
        {
            var names = group.ToDictionary(one => one.Number, one => one.Copy.Message);
            if (await WithAsync(group.Key.Item1, names.Keys, number => names[number], async (view, sequences) =>
                (await view.CopyAsync(sequences, new(group.Key.Item2), cancellationToken).ConfigureAwait(false)).Problem, cancellationToken).ConfigureAwait(false) is { } problem)
                return problem;
        }

        return null;
    }

    private async ValueTask<Problem?> RemoveAsync(CancellationToken cancellationToken)
    {
        foreach (var number in Remaining())
            foreach (var copy in _changes[number].Removes ?? [])
            {
                var (folder, problem) = await folders.FolderAsync(copy.Folder, cancellationToken).ConfigureAwait(false);
                if (problem is not null)
                    return problem;
                if (copy.Message is null || folder is null || folder.SequenceOf(copy.Message) is not (> 0 and var sequence) || !FlagText.AreAlike(folder.View.FlagsAt(sequence), FlagText.Read(_changes[number].Flags)))
                    continue;
                folder.View.Named = Reasons(copy.Message, _changes[number].Why);
                if ((await folder.View.ExpungeAsync([sequence], cancellationToken).ConfigureAwait(false)).Problem is { } failed)
                    return failed;
            }

        return null;
    }

    private static Dictionary<string, NamedChange> Reasons(string message, JournalStep? why) => new(StringComparer.Ordinal) { [message] = new(null, why) };

    private async ValueTask<Problem?> MoveAsync(CancellationToken cancellationToken)
    {
        List<int> numbers = [];
        foreach (var number in Remaining().Where(number => _changes[number].To is not null))
            if (isAgain && await IsThereAsync(_changes[number].To!, _changes[number].As, cancellationToken).ConfigureAwait(false))
            {
                // It has arrived, and not left: the move was broken off between the two.
                if (await WithAsync(_changes[number].Folder, [number], _ => null, async (view, sequences) =>
                    (await view.ExpungeAsync(sequences, cancellationToken).ConfigureAwait(false)).Problem, cancellationToken).ConfigureAwait(false) is { } twice)
                    return twice;
            }
            else
                numbers.Add(number);
        foreach (var group in numbers.GroupBy(number => (_changes[number].Folder, _changes[number].To)))
            if (await WithAsync(group.Key.Folder, group, number => _changes[number].As, async (view, sequences) =>
                (await view.MoveAsync(sequences, new(group.Key.To!), cancellationToken).ConfigureAwait(false)).Problem, cancellationToken).ConfigureAwait(false) is { } problem)
                return problem;
        return null;
    }

    /// <summary>Does one thing to messages of a folder: to all at once, or, when one of them is in the way, one by one.</summary>
    private async ValueTask<Problem?> WithAsync(
        string name, IEnumerable<int> numbers, Func<int, string?> nameOf, Func<FolderView, IReadOnlyList<int>, ValueTask<Problem?>> act, CancellationToken cancellationToken)
    {
        int[] all = [.. numbers];
        var problem = await TryAsync(all).ConfigureAwait(false);
        if (problem is null || SkipOf(problem) is null)
            return problem;
        foreach (var number in all.Length == 1 ? [] : all)
            if (await TryAsync([number]).ConfigureAwait(false) is { } one)
            {
                if (SkipOf(one) is not { } reason)
                    return one;
                _outcomes[number] = reason;
            }

        if (all.Length == 1)
            _outcomes[all[0]] = SkipOf(problem);
        return null;

        async ValueTask<Problem?> TryAsync(int[] some)
        {
            var (folder, closed) = await folders.FolderAsync(name, cancellationToken).ConfigureAwait(false);
            if (closed is not null)
                return closed;
            List<(int Number, int Sequence)> there = [.. some.Select(number => (number, folder?.SequenceOf(_changes[number].Message) ?? 0)).Where(pair => pair.Item2 > 0).OrderBy(pair => pair.Item2)];
            foreach (var number in some.Except(there.Select(pair => pair.Number)))
                _outcomes[number] = ChangeSkips.Gone;
            if (there.Count == 0 || folder is null)
                return null;
            folder.View.Named = there.ToDictionary(pair => _changes[pair.Number].Message, pair => new NamedChange(nameOf(pair.Number), _changes[pair.Number].Why), StringComparer.Ordinal);
            return await act(folder.View, there.ConvertAll(pair => pair.Sequence)).ConfigureAwait(false);
        }
    }

    /// <summary>What is one message's fault; null when it is the disk's, and all must wait.</summary>
    private static string? SkipOf(Problem problem) => problem.Reason switch
    {
        ProblemReason.Expunged => ChangeSkips.Gone,
        ProblemReason.NotFound or ProblemReason.Impossible => ChangeSkips.NoFolder,
        ProblemReason.LimitReached => ChangeSkips.TooMany,
        ProblemReason.OverQuota => ChangeSkips.OverQuota,
        _ when problem == FolderProblem.Unreadable => ChangeSkips.Unreadable,
        _ => null,
    };
}
