using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>Reads SEARCH (RFC 3501 §6.4.4).</summary>
internal ref struct SearchReader
{
    private enum Argument
    {
        None,
        Text,
        FieldAndText,
        Keyword,
        Date,
        Number,
        Seconds,
        Set,
        ModSeq,
        Term,
        TwoTerms,
    }

    private static readonly (byte[] Name, SearchWord Word, Argument Argument)[] Words =
    [
        .. Row(Argument.None, SearchWord.All, SearchWord.Answered, SearchWord.Deleted, SearchWord.Draft, SearchWord.Flagged, SearchWord.New,
            SearchWord.Old, SearchWord.Recent, SearchWord.Seen, SearchWord.Unanswered, SearchWord.Undeleted, SearchWord.Undraft,
            SearchWord.Unflagged, SearchWord.Unseen, SearchWord.SaveDateSupported),
        .. Row(Argument.Text, SearchWord.Bcc, SearchWord.Body, SearchWord.Cc, SearchWord.From, SearchWord.Subject, SearchWord.Text, SearchWord.To),
        .. Row(Argument.FieldAndText, SearchWord.Header),
        .. Row(Argument.Keyword, SearchWord.Keyword, SearchWord.Unkeyword),
        .. Row(Argument.Date, SearchWord.Before, SearchWord.On, SearchWord.Since, SearchWord.SentBefore, SearchWord.SentOn, SearchWord.SentSince,
            SearchWord.SavedBefore, SearchWord.SavedOn, SearchWord.SavedSince),
        .. Row(Argument.Number, SearchWord.Larger, SearchWord.Smaller),
        .. Row(Argument.Seconds, SearchWord.Older, SearchWord.Younger),
        .. Row(Argument.Set, SearchWord.Uid),
        .. Row(Argument.ModSeq, SearchWord.ModSeq),
        .. Row(Argument.Keyword, SearchWord.EmailId, SearchWord.ThreadId),
        .. Row(Argument.Term, SearchWord.Not, SearchWord.Fuzzy),
        .. Row(Argument.TwoTerms, SearchWord.Or),
    ];

    private int _count;
    private bool _hasCharset;
    private bool _isCharsetUnknown;
    private bool _hasModSeq;
    private bool _hasFuzzy;
    private bool _hasSequences;

    /// <summary><c>search-program = [CHARSET SP charset SP] search-key *(SP search-key)</c>; the first space is already read.</summary>
    public RequestFault Read(ref Cursor cursor, out SearchTerm term)
    {
        term = new(SearchWord.All);
        _hasCharset = cursor.TrySkipWord("CHARSET "u8);
        return _hasCharset ? ReadWithCharset(ref cursor, out term) : ReadAll(ref cursor, 1, out term);
    }

    /// <summary><c>charset SP search-key *(SP search-key)</c>. Keys in an unknown charset are read all the same: where they end is in ASCII.</summary>
    public RequestFault ReadWithCharset(ref Cursor cursor, out SearchTerm term)
    {
        term = new(SearchWord.All);
        if (!cursor.TryReadAString(out var charset) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        _isCharsetUnknown = !Ascii.EqualsIgnoreCase(charset.Span, "UTF-8"u8) && !Ascii.EqualsIgnoreCase(charset.Span, "US-ASCII"u8)
            && !Ascii.EqualsIgnoreCase(charset.Span, "ASCII"u8) && !Ascii.EqualsIgnoreCase(charset.Span, "UTF8"u8);
        return ReadAll(ref cursor, 1, out term);
    }

    /// <summary>The request of what was read.</summary>
    public readonly ImapRequest.Search Request(ReadOnlyMemory<byte> tag, bool isUid, SearchTerm term) =>
        new(tag, isUid, term) { HasCharset = _hasCharset, IsCharsetUnknown = _isCharsetUnknown, HasModSeq = _hasModSeq, HasFuzzy = _hasFuzzy, HasSequences = _hasSequences };

    private static (byte[] Name, SearchWord Word, Argument Argument)[] Row(Argument argument, params ReadOnlySpan<SearchWord> words)
    {
        var rows = new (byte[], SearchWord, Argument)[words.Length];
        for (var i = 0; i < words.Length; i++)
            rows[i] = (Encoding.ASCII.GetBytes(words[i].ToString()), words[i], argument);
        return rows;
    }

    // search-key *(SP search-key): all of them must match.
    private RequestFault ReadAll(ref Cursor cursor, int depth, out SearchTerm term)
    {
        var fault = ReadTerm(ref cursor, depth, out term);
        if (fault != RequestFault.None || cursor.Next != (byte)' ')
            return fault;

        var terms = new List<SearchTerm> { term };
        while (cursor.TrySkipSpace())
        {
            fault = ReadTerm(ref cursor, depth, out var next);
            if (fault != RequestFault.None)
                return fault;
            terms.Add(next);
        }

        term = new(SearchWord.And) { Terms = terms };
        return RequestFault.None;
    }

    private RequestFault ReadTerm(ref Cursor cursor, int depth, out SearchTerm term)
    {
        term = new(SearchWord.All);
        if (depth > GrammarLimits.Depth)
            return RequestFault.TooDeep;
        if (++_count > GrammarLimits.SearchKeys)
            return RequestFault.TooMany;

        if (cursor.TrySkip('('))
        {
            var fault = ReadAll(ref cursor, depth + 1, out term);
            return fault == RequestFault.None && !cursor.TrySkip(')') ? RequestFault.BadArguments : fault;
        }

        if (cursor.Next is (byte)'*' or (byte)'$' or >= (byte)'0' and <= (byte)'9')
        {
            _hasSequences |= cursor.Next != (byte)'$';
            if (!cursor.TryReadSequenceSet(out var ranges))
                return RequestFault.BadArguments;
            term = new(SearchWord.Sequence) { Ranges = ranges };
            return RequestFault.None;
        }

        if (!cursor.TryReadAtom(out var name))
            return RequestFault.BadArguments;
        foreach (var row in Words)
            if (Ascii.EqualsIgnoreCase(row.Name, name.Span))
                return ReadArgument(ref cursor, depth, row.Word, row.Argument, out term);
        return RequestFault.BadArguments;
    }

    private RequestFault ReadArgument(ref Cursor cursor, int depth, SearchWord word, Argument argument, out SearchTerm term)
    {
        term = new(word);
        _hasFuzzy |= word == SearchWord.Fuzzy;
        if (argument == Argument.None)
            return RequestFault.None;
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        if (argument is Argument.Term or Argument.TwoTerms)
            return ReadTerms(ref cursor, depth, argument == Argument.Term ? 1 : 2, ref term);

        var isRead = false;
        switch (argument)
        {
            case Argument.Text:
                isRead = cursor.TryReadAString(out var text);
                term = term with { Text = text };
                break;
            case Argument.FieldAndText:
                isRead = cursor.TryReadAString(out var field) & cursor.TrySkipSpace() & cursor.TryReadAString(out var value);
                term = term with { Field = field, Text = value };
                break;
            case Argument.Keyword:
                isRead = cursor.TryReadAtom(out var keyword) && keyword.Length <= GrammarLimits.KeywordOctets;
                term = term with { Text = keyword };
                break;
            case Argument.Date:
                isRead = DateReader.TryReadDate(ref cursor, out var date);
                term = term with { Date = date };
                break;
            case Argument.Number:
                isRead = cursor.TryReadNumber64(out var number);
                term = term with { Number = number };
                break;
            case Argument.Seconds:
                isRead = cursor.TryReadNumber(out var seconds) && seconds > 0;
                term = term with { Number = seconds };
                break;
            case Argument.ModSeq:
                isRead = TryReadModSeq(ref cursor, out var modSeq);
                term = term with { Number = (long)modSeq };
                break;
            case Argument.Set:
                isRead = cursor.TryReadSequenceSet(out var ranges);
                term = term with { Ranges = ranges ?? [] };
                break;
        }

        return isRead ? RequestFault.None : RequestFault.BadArguments;
    }

    /// <summary>
    /// <c>[entry-name SP entry-type-req SP] mod-sequence-valzer</c>. With one MODSEQ for a whole message, name and type are passed over
    /// (RFC 7162 §3.1.5).
    /// </summary>
    private bool TryReadModSeq(ref Cursor cursor, out ulong modSeq)
    {
        modSeq = 0;
        _hasModSeq = true;
        if (cursor.Next == (byte)'"' && !(cursor.TryReadString(out _) && cursor.TrySkipSpace() && cursor.TryReadAtom(out var type)
            && (Ascii.EqualsIgnoreCase(type.Span, "ALL"u8) || Ascii.EqualsIgnoreCase(type.Span, "PRIV"u8) || Ascii.EqualsIgnoreCase(type.Span, "SHARED"u8))
            && cursor.TrySkipSpace()))
            return false;
        return cursor.TryReadModSeq(out modSeq);
    }

    private RequestFault ReadTerms(ref Cursor cursor, int depth, int count, ref SearchTerm term)
    {
        var terms = new SearchTerm[count];
        for (var i = 0; i < count; i++)
        {
            if (i > 0 && !cursor.TrySkipSpace())
                return RequestFault.BadArguments;
            var fault = ReadTerm(ref cursor, depth + 1, out terms[i]);
            if (fault != RequestFault.None)
                return fault;
        }

        term = term with { Terms = terms };
        return RequestFault.None;
    }
}
