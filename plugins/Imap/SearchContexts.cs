using System.Text;
using MailServer.Plugins.Imap.Commands;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>A search whose result is kept up to date (RFC 5267 §4.3): its keys and the UIDs that it has found.</summary>
internal sealed record SearchContext(string Tag, bool IsUid, SearchTerm Term, UidSet Found)
{
    /// <summary>SORT's criteria; empty for SEARCH, whose order is that of the mailbox.</summary>
    public IReadOnlyList<SortCriterion> SortBy { get; init; } = [];

    /// <summary>What SORT has found, in its order.</summary>
    public List<uint> Order { get; init; } = [];

    public bool IsSorted => SortBy.Count > 0;
}

/// <summary>The searches of the open folder that are kept up to date. Without any, nothing is done.</summary>
internal sealed class SearchContexts
{
    // Each costs a search of every message that changes; clients keep one for each list that they show.
    private const int Max = 8;

    // With each message that comes all of these are sorted again.
    private const int MaxSorted = 10_000;

    private readonly List<SearchContext> _contexts = [];

    public IReadOnlyList<SearchContext> All => _contexts;

    public bool Has(ReadOnlySpan<byte> tag)
    {
        foreach (var context in _contexts)
            if (Ascii.Equals(tag, context.Tag))
                return true;
        return false;
    }

    public void Clear() => _contexts.Clear();

    public void Cancel(IEnumerable<string> tags) => _contexts.RemoveAll(context => tags.Contains(context.Tag, StringComparer.Ordinal));

    public void Resume(IEnumerable<SearchContext> contexts) => _contexts.AddRange(contexts);

    /// <summary>Keeps a search, or says why not: NOUPDATE (§4.3.1).</summary>
    /// <param name="session">Whose.</param>
    /// <param name="view">The folder.</param>
    /// <param name="request">The search.</param>
    /// <param name="found">What it has found, in the order asked for.</param>
    public void Begin(ImapSession session, IFolderView view, ImapRequest.Search request, IReadOnlyList<int> found)
    {
        var tag = ImapSession.TextOf(request.Tag);
        var isSorted = request.SortBy.Count > 0;
        if (_contexts.Count == Max || (isSorted && (found.Count > MaxSorted || request.SortBy.Any(criterion => criterion.Key == SortKey.Relevancy))))
        {
            session.Output.Untagged($"NO [NOUPDATE \"{tag}\"] {(_contexts.Count == Max ? "Too many searches" : "Too much to sort again")}");
            return;
        }

        _contexts.Add(new(tag, request.IsUid, Freeze(session, view, request.Term), new(NumberRanges.Of(found.Order().Select(view.UidAt))))
        {
            SortBy = request.SortBy,
            Order = isSorted ? [.. found.Select(view.UidAt)] : [],
        });
    }

    /// <summary>Looks anew at messages that are new or have changed, and tells who joins a result and who leaves it.</summary>
    public async ValueTask UpdateAsync(ImapSession session, IFolderView view, IReadOnlyList<int> changed, CancellationToken cancellationToken)
    {
        if (_contexts.Count == 0 || changed.Count == 0)
            return;
        changed = [.. changed.Distinct()];
        var among = new SearchKey.Sequences([.. NumberRanges.Of(changed.Select(sequence => (uint)sequence)).Select(range => new NumberRange(range.First, range.Last))]);
        foreach (var context in _contexts)
        {
            var key = new SearchKey.And([among, new SearchKeys(session, view).From(context.Term)]);
            var found = await view.SearchAsync(key, cancellationToken).ConfigureAwait(false);
            if (!found.TryGet(out var matches, out _))
                continue;
            var isMatch = matches.ToHashSet();
            var joined = changed.Where(sequence => isMatch.Contains(sequence) && !context.Found.Contains(view.UidAt(sequence))).ToList();
            var left = changed.Where(sequence => !isMatch.Contains(sequence) && context.Found.Contains(view.UidAt(sequence))).ToList();
            await LeaveAsync(session, context, [.. left.Select(sequence => (view.UidAt(sequence), (uint)sequence))]).ConfigureAwait(false);
            await JoinAsync(session, view, context, joined, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells what leaves the results with messages that are gone; to be called before EXPUNGE is told, while their numbers mean something (§4.3.4).</summary>
    public async ValueTask RemoveAsync(ImapSession session, Expunged expunged)
    {
        if (_contexts.Count == 0 || expunged.Uids.Count == 0)
            return;
        var gone = NumbersOf(expunged);
        foreach (var context in _contexts)
        {
            var left = gone.Where(message => context.Found.Contains(message.Uid)).ToList();
            await LeaveAsync(session, context, left).ConfigureAwait(false);
        }
    }

    // Each pair of a place and a message is taken as the result is after those before it (§4.3.4).
    private static ValueTask LeaveAsync(ImapSession session, SearchContext context, List<(uint Uid, uint Sequence)> messages)
    {
        messages.ForEach(message => context.Found.Remove(message.Uid));
        if (!context.IsSorted)
            return TellAsync(session, context, "REMOVEFROM", messages);
        var pairs = new List<(int Place, uint Number)>();
        foreach (var (uid, sequence) in messages)
        {
            var at = context.Order.IndexOf(uid);
            if (at < 0)
                continue;
            context.Order.RemoveAt(at);
            pairs.Add((at + 1, context.IsUid ? uid : sequence));
        }

        return TellAsync(session, context, "REMOVEFROM", pairs);
    }

    // What a message is sorted by never changes: only those that join have to find their places.
    private static async ValueTask JoinAsync(ImapSession session, IFolderView view, SearchContext context, List<int> joined, CancellationToken cancellationToken)
    {
        joined.ForEach(sequence => context.Found.Add(view.UidAt(sequence)));
        if (!context.IsSorted || joined.Count == 0)
        {
            await TellAsync(session, context, "ADDTO", joined.Select(sequence => (view.UidAt(sequence), (uint)sequence))).ConfigureAwait(false);
            return;
        }

        var all = context.Order.Select(view.SequenceOf).Where(sequence => sequence > 0).Concat(joined).Order().ToList();
        var inOrder = await Sort.OrderAsync(view, all, context.SortBy, scores: null, cancellationToken).ConfigureAwait(false);
        var isNew = joined.ToHashSet();
        var pairs = new List<(int Place, uint Number)>();
        for (var i = 0; i < inOrder.Count; i++)
            if (isNew.Contains(inOrder[i]))
                pairs.Add((i + 1, context.IsUid ? view.UidAt(inOrder[i]) : (uint)inOrder[i]));
        context.Order.Clear();
        context.Order.AddRange(inOrder.Select(view.UidAt));
        await TellAsync(session, context, "ADDTO", pairs).ConfigureAwait(false);
    }

    // EXPUNGE counts each message after those before it; what the client knows it by is the number before all of them.
    private static List<(uint Uid, uint Sequence)> NumbersOf(Expunged expunged)
    {
        var gone = new List<(uint Uid, uint Sequence)>(expunged.Uids.Count);
        var isAscending = true;
        for (var i = 0; i < expunged.Uids.Count; i++)
        {
            var uid = expunged.Uids[i];
            isAscending &= i == 0 || expunged.Uids[i - 1] < uid;
            var before = isAscending ? i : expunged.Uids.Take(i).Count(other => other < uid);
            gone.Add((uid, (uint)(expunged.Sequences[i] + before)));
        }

        gone.Sort();
        return gone;
    }

    private static async ValueTask TellAsync(ImapSession session, SearchContext context, string what, List<(int Place, uint Number)> pairs)
    {
        // So many in one response: a line stays short, and leaves as it gathers.
        foreach (var some in pairs.Chunk(500))
        {
            session.Output.Untagged($"ESEARCH (TAG \"{context.Tag}\"){(context.IsUid ? " UID" : "")} {what} ({string.Join(' ', some.Select(pair => $"{pair.Place} {pair.Number}"))})");
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }
    }

    // A place of 0: the client knows the order of the mailbox (§4.3.3).
    private static async ValueTask TellAsync(ImapSession session, SearchContext context, string what, IEnumerable<(uint Uid, uint Sequence)> messages)
    {
        var ranges = NumberRanges.Of(messages.Select(message => context.IsUid ? message.Uid : message.Sequence).Order());
        if (ranges.Count == 0)
            return;
        var writer = session.Output.Begin();
        writer.Ascii($"* ESEARCH (TAG \"{context.Tag}\"){(context.IsUid ? " UID" : "")} {what} (0 ");
        writer.Commit();
        await session.Output.WriteRangesAsync(ranges).ConfigureAwait(false);
        writer = session.Output.Begin();
        writer.Raw(")\r\n"u8);
        writer.Commit();
    }

    // Sequence numbers and $ mean what they meant at the command (§4.3); memory is not the request's any more.
    private static SearchTerm Freeze(ImapSession session, IFolderView view, SearchTerm term)
    {
        var frozen = term with { Text = term.Text.ToArray(), Field = term.Field.ToArray(), Terms = [.. term.Terms.Select(one => Freeze(session, view, one))] };
        if (term.Word is not (SearchWord.Sequence or SearchWord.Uid))
            return frozen;
        if (term.Ranges is [var only] && only == SequenceRange.SearchResult)
            return frozen with { Word = SearchWord.Uid, Ranges = session.SavedUids.Count > 0 ? session.SavedUids : NoUids };
        if (term.Word == SearchWord.Uid)
            return frozen;
        var uids = term.Ranges.Select(range => range.Resolve((uint)view.Count)).SelectMany(range => NumberRanges.Of(SequencesOf(view, range).Select(view.UidAt))).ToList();
        return frozen with { Word = SearchWord.Uid, Ranges = uids.Count > 0 ? uids : NoUids };
    }

    private static IEnumerable<int> SequencesOf(IFolderView view, SequenceRange range)
    {
        for (var sequence = Math.Max(range.First, 1); sequence <= Math.Min(range.Last, (uint)view.Count); sequence++)
            yield return (int)sequence;
    }

    // The greatest UID there could be, which no message has.
    private static readonly IReadOnlyList<SequenceRange> NoUids = [new(SequenceRange.Star - 1, SequenceRange.Star - 1)];
}
