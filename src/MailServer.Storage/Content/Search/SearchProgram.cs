namespace MailServer.Storage;

/// <summary>
/// A search key made ready to run over many messages. A test answers yes, no or not yet known; the whole is asked first with the index alone,
/// then with the message's header, then with its body, and stops as soon as it is decided. So no file is opened for a message that flags or
/// dates decide, and no body is read for one that its header decides, in whatever order the client named the keys. Where an index knows that a
/// text is not in the header or not in the body, that is decided too, so that NOT and OR need no thought.
/// </summary>
internal sealed class SearchProgram
{
    /// <summary>Texts that the index is asked for: clients send one or two, and each takes as long as a look at some messages.</summary>
    private const int MaxQueries = 16;

    private readonly Func<SearchState, bool?> _test;
    private readonly List<string> _needles = [];
    private readonly List<string> _texts = [];
    private bool _needsFields;
    private bool _needsWholeHeader;

    private SearchProgram(SearchKey key)
    {
        _test = Make(key);
        Queries = [.. _texts.Select((text, i) => i < MaxQueries ? SearchTerms.QueryOf(text) : null)];
    }

    /// <summary>Whether some test may read the message's file.</summary>
    public bool NeedsFile { get; private set; }

    /// <summary>Whether some test may be decided by header fields that are kept (<see cref="KeptFields"/>), and none asks for another field.</summary>
    public bool NeedsKeptFields => _needsFields && !_needsWholeHeader;

    /// <summary>Whether some test asks for a size or a date.</summary>
    public bool NeedsSize { get; private set; }

    /// <summary>What the index can be asked for; null where it could have no answer.</summary>
    public IReadOnlyList<string?> Queries { get; }

    /// <summary>Makes a program of a key.</summary>
    public static SearchProgram Compile(SearchKey key) => new(key);

    /// <summary>Whether a message matches, as far as that is known without its file.</summary>
    public bool? Decide(in SearchSubject subject) => _test(new() { Subject = subject });

    /// <summary>Whether a message matches, as far as its header fields tell. Only for a program that <see cref="NeedsKeptFields"/>.</summary>
    public bool? Decide(in SearchSubject subject, byte[] keptFields) => _test(new() { Subject = subject, Header = new(keptFields) });

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
        NeedsSize |= key is SearchKey.Larger or SearchKey.Smaller or SearchKey.Received or SearchKey.Younger;
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
            case SearchKey.Younger younger:
                return state => state.Subject.Info.InternalDate >= younger.Since;
            case SearchKey.ModSeq modSeq:
                return state => state.Subject.Info.ModSeq >= modSeq.Value;
            default:
                throw new ArgumentOutOfRangeException(nameof(key), key, "a search key without a test");
        }
    }

    private Func<SearchState, bool?> MakeContent(SearchKey key)
    {
        _needsFields |= key is SearchKey.Header or SearchKey.Sent;
        _needsWholeHeader |= key is SearchKey.Text || (key is SearchKey.Header { Name: var name } && !KeptFields.Has(name));
        switch (key)
        {
            case SearchKey.Header header:
                // A text too short to be asked for: the messages that have such a field are few enough, often.
                var field = Text(SearchTerms.QueryOf(header.Value) is null ? header.Name : header.Value);
                return state => state.IsNotInHeader(field) ? false : state.Header?.Contains(header.Name, header.Value);
            case SearchKey.Sent sent:
                return state => state.Header is { } header ? header.Date is { } date && Compare(date, sent.Comparison, sent.Date) : null;
            case SearchKey.Body body:
                return MakeBody(body.Value);
            case SearchKey.Text text:
                var (inBody, whole) = (MakeBody(text.Value), Text(text.Value));
                return state =>
                {
                    var inHeader = state.IsNotInHeader(whole) ? false : state.Header?.Contains(text.Value);
                    return inHeader is true ? true : inBody(state) is var body && body is false ? inHeader : body;
                };
            default:
                throw new ArgumentOutOfRangeException(nameof(key), key, "a search key without a test");
        }
    }

    private Func<SearchState, bool?> MakeBody(string value)
    {
        var (needle, text) = (IndexIn(_needles, value), Text(value));
        return state => state.IsNotInBody(text) ? false : state.Body?[needle];
    }

    private int Text(string value) => IndexIn(_texts, value);

    private static int IndexIn(List<string> values, string value)
    {
        var known = values.IndexOf(value);
        if (known >= 0)
            return known;
        values.Add(value);
        return values.Count - 1;
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

    public bool IsNotInHeader(int text) => Subject.Hints?.IsNotInHeader(text, Subject.Info.Uid) is true;

    public bool IsNotInBody(int text) => Subject.Hints?.IsNotInBody(text, Subject.Info.Uid) is true;
}
