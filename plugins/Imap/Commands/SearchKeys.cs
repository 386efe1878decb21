using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>
/// From the wire's search terms to the contract's keys; what only the session or the index knows becomes a set of messages. Depth is bounded by
/// <see cref="GrammarLimits.Depth"/>.
/// </summary>
internal sealed class SearchKeys(ImapSession session, IFolderView view, bool isExact = false)
{
    // A key a word; people seldom think of more.
    private const int FuzzyWords = 16;

    private bool _isFuzzy;

    public SearchKey From(SearchTerm term) => term.Word switch
    {
        SearchWord.Fuzzy => Fuzzy(term.Terms[0]),
        SearchWord.And => new SearchKey.And([.. term.Terms.Select(From)]),
        SearchWord.Or => new SearchKey.Or(From(term.Terms[0]), From(term.Terms[1])),
        SearchWord.Not => new SearchKey.Not(From(term.Terms[0])),
        SearchWord.Sequence or SearchWord.Uid when IsSaved(term.Ranges) => new SearchKey.Uids(RangesOf(session.SavedUids)),
        SearchWord.Sequence => new SearchKey.Sequences(RangesOf(term.Ranges)),
        SearchWord.Uid => new SearchKey.Uids(RangesOf(term.Ranges)),
        SearchWord.ModSeq => new SearchKey.ModSeq((ulong)term.Number),
        SearchWord.Younger => Younger(term.Number),
        SearchWord.Older => new SearchKey.Not(Younger(term.Number)),
        SearchWord.EmailId => Those(sequence => view.EmailIdAt(sequence) is { } id && id == TextOf(term.Text)),
        SearchWord.ThreadId => Those(_ => false),
        SearchWord.SavedBefore => Those(sequence => SaveDayAt(sequence) < term.Date),
        SearchWord.SavedOn => Those(sequence => SaveDayAt(sequence) == term.Date),
        SearchWord.SavedSince => Those(sequence => SaveDayAt(sequence) >= term.Date),
        SearchWord.SaveDateSupported => Enumerable.Range(1, view.Count).Any(sequence => view.SaveDateAt(sequence) is not null) ? new SearchKey.All() : Those(_ => false),
        SearchWord.Keyword => new SearchKey.Keyword(TextOf(term.Text)),
        SearchWord.Unkeyword => new SearchKey.Not(new SearchKey.Keyword(TextOf(term.Text))),
        SearchWord.Body => Containing(term, text => new SearchKey.Body(text)),
        SearchWord.Text => Containing(term, text => new SearchKey.Text(text)),
        SearchWord.Header => Containing(term, text => new SearchKey.Header(TextOf(term.Field), text)),
        SearchWord.Bcc or SearchWord.Cc or SearchWord.From or SearchWord.Subject or SearchWord.To =>
            Containing(term, text => new SearchKey.Header(term.Word.ToString(), text)),
        SearchWord.Larger => new SearchKey.Larger(term.Number),
        SearchWord.Smaller => new SearchKey.Smaller(term.Number),
        SearchWord.Before => new SearchKey.Received(DateComparison.Before, term.Date),
        SearchWord.On => new SearchKey.Received(DateComparison.On, term.Date),
        SearchWord.Since => new SearchKey.Received(DateComparison.Since, term.Date),
        SearchWord.SentBefore => new SearchKey.Sent(DateComparison.Before, term.Date),
        SearchWord.SentOn => new SearchKey.Sent(DateComparison.On, term.Date),
        SearchWord.SentSince => new SearchKey.Sent(DateComparison.Since, term.Date),
        _ => FromFlag(term.Word),
    };

    private SearchKey Fuzzy(SearchTerm term)
    {
        var wasFuzzy = _isFuzzy;
        _isFuzzy = !isExact;
        var key = From(term);
        _isFuzzy = wasFuzzy;
        return key;
    }

    // Fuzzy: all the words, wherever they stand. What is no text is matched as it is (RFC 6203 §5 lets it be).
    private SearchKey Containing(SearchTerm term, Func<string, SearchKey> keyOf)
    {
        var text = TextOf(term.Text);
        var words = _isFuzzy ? text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct().Take(FuzzyWords).ToList() : [];
        return words.Count < 2 ? keyOf(text) : new SearchKey.And([.. words.Select(keyOf)]);
    }

    private static SearchKey FromFlag(SearchWord word) => word switch
    {
        SearchWord.Answered => new SearchKey.Flag(SystemFlags.Answered),
        SearchWord.Deleted => new SearchKey.Flag(SystemFlags.Deleted),
        SearchWord.Draft => new SearchKey.Flag(SystemFlags.Draft),
        SearchWord.Flagged => new SearchKey.Flag(SystemFlags.Flagged),
        SearchWord.Seen => new SearchKey.Flag(SystemFlags.Seen),
        SearchWord.Unanswered => new SearchKey.Not(new SearchKey.Flag(SystemFlags.Answered)),
        SearchWord.Undeleted => new SearchKey.Not(new SearchKey.Flag(SystemFlags.Deleted)),
        SearchWord.Undraft => new SearchKey.Not(new SearchKey.Flag(SystemFlags.Draft)),
        SearchWord.Unflagged => new SearchKey.Not(new SearchKey.Flag(SystemFlags.Flagged)),
        SearchWord.Unseen => new SearchKey.Not(new SearchKey.Flag(SystemFlags.Seen)),
        SearchWord.New => new SearchKey.And([new SearchKey.Recent(), new SearchKey.Not(new SearchKey.Flag(SystemFlags.Seen))]),
        SearchWord.Old => new SearchKey.Not(new SearchKey.Recent()),
        SearchWord.Recent => new SearchKey.Recent(),
        _ => new SearchKey.All(),
    };

    // Octets that are no UTF-8 become U+FFFD, which no message holds: such a search finds nothing.
    private static string TextOf(ReadOnlyMemory<byte> text) => Encoding.UTF8.GetString(text.Span);

    private static bool IsSaved(IReadOnlyList<SequenceRange> ranges) => ranges is [var only] && only == SequenceRange.SearchResult;

    private static NumberRange[] RangesOf(IReadOnlyList<SequenceRange> ranges) => [.. ranges.Select(range => new NumberRange(range.First, range.Last))];

    // RFC 5032 §3: YOUNGER is within the interval, its end included; more seconds than there are since year 1 are all.
    private SearchKey.Younger Younger(long seconds)
    {
        var now = session.Services.Time.GetUtcNow();
        return new(seconds < now.UtcTicks / TimeSpan.TicksPerSecond ? now.AddSeconds(-seconds) : DateTimeOffset.MinValue);
    }

    private SearchKey.Sequences Those(Func<int, bool> test) =>
        new(RangesOf(NumberRanges.Of(Enumerable.Range(1, view.Count).Where(test).Select(sequence => (uint)sequence))));

    // RFC 8514 §4.3: where it is not known, the internal date stands in.
    private DateOnly SaveDayAt(int sequence) => DateOnly.FromDateTime((view.SaveDateAt(sequence) ?? view.InfoAt(sequence).InternalDate).DateTime);
}
