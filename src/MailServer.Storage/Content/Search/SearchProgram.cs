namespace MailServer.Storage;

/// <summary>
/// A search key made ready to run over many messages. A test answers yes, no or not yet known; the whole is asked first with the index alone,
/// then with the message's header, then with its body, and stops as soon as it is decided. So no file is opened for a message that flags or
/// dates decide, and no body is read for one that its header decides, in whatever order the client named the keys.
/// </summary>
internal sealed class SearchProgram
{
    private readonly Func<SearchState, bool?> _test;
    private readonly List<string> _needles = [];

    private SearchProgram(SearchKey key) => _test = Make(key);

    /// <summary>Whether some test may read the message's file.</summary>
    public bool NeedsFile { get; private set; }

    /// <summary>Whether some test asks for a size or a date.</summary>
    public bool NeedsSize { get; private set; }

    /// <summary>Makes a program of a key.</summary>
    public static SearchProgram Compile(SearchKey key) => new(key);

    /// <summary>
    /// Whether a message matches. Never throws for what the message holds, only when reading fails. A message whose file is gone matches what
    /// the index alone can decide, and nothing else.
    /// </summary>
    public bool Matches(in SearchSubject subject)
    {
        var state = new SearchState { Subject = subject };
        if (_test(state) is { } known)
            return known;

        using var file = subject.Open();
        if (file is null)
            return false;
        state.Header = SearchHeader.Read(file, out var rest);
        if (_test(state) is { } decided)
            return decided;

        state.Body = BodySearch.Find(rest, _needles);
        return _test(state) is true;
    }

    private Func<SearchState, bool?> Make(SearchKey key)
    {
        switch (key)
        {
            case SearchKey.And and:
                return All(and.Keys.Select(Make).ToArray());
            case SearchKey.Or or:
                var (left, right) = (Make(or.Left), Make(or.Right));
                return state => left(state) is var first && first is true ? true : right(state) is var second && second is true ? true : first is null ? null : second;
            case SearchKey.Not not:
                var inner = Make(not.Key);
                return state => !inner(state);
            case SearchKey.Body { Value: "" } or SearchKey.Text { Value: "" }:
                return _ => true;
            case SearchKey.Header or SearchKey.Sent or SearchKey.Body or SearchKey.Text:
                NeedsFile = true;
                return MakeContent(key);
            default:
                return MakeIndex(key);
        }
    }

    private static Func<SearchState, bool?> All(Func<SearchState, bool?>[] tests) => state =>
    {
        bool? all = true;
        foreach (var test in tests)
        {
            var one = test(state);
            if (one is false)
                return false;
            all = one is null ? null : all;
        }

        return all;
    };

    private Func<SearchState, bool?> MakeIndex(SearchKey key)
    {
        NeedsSize |= key is SearchKey.Larger or SearchKey.Smaller or SearchKey.Received;
        switch (key)
        {
            case SearchKey.All:
                return _ => true;
            case SearchKey.Flag flag:
                return state => (state.Subject.Info.Flags.System & flag.Value) == flag.Value;
            case SearchKey.Keyword keyword:
                return state => state.Subject.Info.Flags.Keywords.Contains(keyword.Name, StringComparer.OrdinalIgnoreCase);
            case SearchKey.Recent:
                return state => state.Subject.IsRecent;
            case SearchKey.Sequences sequences:
                var numbers = new NumberSet(sequences.Ranges);
                return state => numbers.Contains((uint)state.Subject.Sequence, (uint)state.Subject.LastSequence);
            case SearchKey.Uids uids:
                var set = new NumberSet(uids.Ranges);
                return state => set.Contains(state.Subject.Info.Uid, state.Subject.LastUid);
            case SearchKey.Larger larger:
                return state => state.Subject.Info.Size > larger.Octets;
            case SearchKey.Smaller smaller:
                return state => state.Subject.Info.Size < smaller.Octets;
            case SearchKey.Received received:
                // RFC 3501 §6.4.4: "disregarding time and timezone".
                return state => Compare(DateOnly.FromDateTime(state.Subject.Info.InternalDate.DateTime), received.Comparison, received.Date);
            case SearchKey.ModSeq modSeq:
                return state => state.Subject.Info.ModSeq >= modSeq.Value;
            default:
                throw new ArgumentOutOfRangeException(nameof(key), key, "a search key without a test");
        }
    }

    private Func<SearchState, bool?> MakeContent(SearchKey key)
    {
        switch (key)
        {
            case SearchKey.Header header:
                return state => state.Header?.Contains(header.Name, header.Value);
            case SearchKey.Sent sent:
                return state => state.Header is { } header ? header.Date is { } date && Compare(date, sent.Comparison, sent.Date) : null;
            case SearchKey.Body body:
                var needle = Needle(body.Value);
                return state => state.Body?[needle];
            case SearchKey.Text text:
                var either = Needle(text.Value);
                return state => state.Header?.Contains(text.Value) is true ? true : state.Body?[either];
            default:
                throw new ArgumentOutOfRangeException(nameof(key), key, "a search key without a test");
        }
    }

    private int Needle(string value)
    {
        var known = _needles.IndexOf(value);
        if (known >= 0)
            return known;
        _needles.Add(value);
        return _needles.Count - 1;
    }

    private static bool Compare(DateOnly date, DateComparison comparison, DateOnly wanted) => comparison switch
    {
        DateComparison.Before => date < wanted,
        DateComparison.On => date == wanted,
        _ => date >= wanted,
    };
}

/// <summary>What is known of a message while a program looks at it.</summary>
internal sealed class SearchState
{
    public required SearchSubject Subject { get; init; }

    /// <summary>Its header, once read.</summary>
    public SearchHeader? Header { get; set; }

    /// <summary>Which of the program's texts the body holds, once read.</summary>
    public bool[]? Body { get; set; }
}
