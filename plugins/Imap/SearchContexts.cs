using System.Text;
using MailServer.Plugins.Imap.Commands;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>A search whose result is kept up to date (RFC 5267 §4.3): its keys and the UIDs that it has found.</summary>
internal sealed record SearchContext(string Tag, bool IsUid, SearchTerm Term, UidSet Found);

/// <summary>The searches of the open folder that are kept up to date. Without any, nothing is done.</summary>
internal sealed class SearchContexts
{
    // Each costs a search of every message that changes; clients keep one for each list that they show.
    private const int Max = 8;

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

    /// <summary>Keeps a search, or says why not: NOUPDATE (§4.3.1). Places within a sorted result are not kept.</summary>
    public void Begin(ImapSession session, IFolderView view, ImapRequest.Search request, IReadOnlyList<int> found)
    {
        var tag = ImapSession.TextOf(request.Tag);
        if (_contexts.Count == Max || request.SortBy.Count > 0)
            session.Output.Untagged($"NO [NOUPDATE \"{tag}\"] {(request.SortBy.Count > 0 ? "Not of a sorted search" : "Too many searches")}");
        else
            _contexts.Add(new(tag, request.IsUid, Freeze(session, view, request.Term), new(NumberRanges.Of(found.Select(view.UidAt)))));
    }

    /// <summary>Looks anew at messages that are new or have changed, and tells who joins a result and who leaves it.</summary>
    public async ValueTask UpdateAsync(ImapSession session, IFolderView view, IReadOnlyList<int> changed, CancellationToken cancellationToken)
    {
        if (_contexts.Count == 0 || changed.Count == 0)
            return;
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
            left.ForEach(sequence => context.Found.Remove(view.UidAt(sequence)));
            joined.ForEach(sequence => context.Found.Add(view.UidAt(sequence)));
            await TellAsync(session, context, "REMOVEFROM", left.Select(sequence => (view.UidAt(sequence), (uint)sequence))).ConfigureAwait(false);
            await TellAsync(session, context, "ADDTO", joined.Select(sequence => (view.UidAt(sequence), (uint)sequence))).ConfigureAwait(false);
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
            left.ForEach(message => context.Found.Remove(message.Uid));
            await TellAsync(session, context, "REMOVEFROM", left).ConfigureAwait(false);
        }
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
