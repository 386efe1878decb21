namespace MailServer.Wire.Imap;

/// <summary>Reads sections (RFC 9051 §6.4.5.1).</summary>
internal static class SectionReader
{
    /// <summary><c>section = "[" [section-msgtext / (section-part ["." section-text])] "]"</c>.</summary>
    public static RequestFault Read(ref Cursor cursor, out BodySection section)
    {
        section = BodySection.Whole;
        if (!cursor.TrySkip('['))
            return RequestFault.BadArguments;
        if (cursor.TrySkip(']'))
            return RequestFault.None;

        var fault = ReadPart(ref cursor, out var part, out var textFollows);
        if (fault != RequestFault.None)
            return fault;

        var text = SectionText.All;
        IReadOnlyList<ReadOnlyMemory<byte>> fields = [];
        if (textFollows && ReadText(ref cursor, part.Count > 0, out text, out fields) is var bad and not RequestFault.None)
            return bad;
        section = part.Count == 0 && fields.Count == 0 ? Shared(text) : new(part, text, fields);
        return cursor.TrySkip(']') ? RequestFault.None : RequestFault.BadArguments;
    }

    private static BodySection Shared(SectionText text) => text == SectionText.Header ? BodySection.MessageHeader : BodySection.MessageText;

    /// <summary><c>section-part = nz-number *("." nz-number)</c>.</summary>
    private static RequestFault ReadPart(ref Cursor cursor, out IReadOnlyList<uint> part, out bool textFollows)
    {
        (part, textFollows) = ([], true);
        List<uint>? numbers = null;
        while (cursor.Next is >= (byte)'0' and <= (byte)'9')
        {
            if (!cursor.TryReadNumber(out var number) || number == 0)
                return RequestFault.BadArguments;
            numbers ??= [];
            part = numbers;
            numbers.Add(number);
            if (numbers.Count > GrammarLimits.SectionDepth)
                return RequestFault.TooDeep;
            textFollows = cursor.TrySkip('.');
            if (!textFollows)
                break;
        }

        return RequestFault.None;
    }

    /// <summary><c>section-text = section-msgtext / "MIME"</c>.</summary>
    private static RequestFault ReadText(ref Cursor cursor, bool hasPart, out SectionText text, out IReadOnlyList<ReadOnlyMemory<byte>> fields)
    {
        (text, fields) = (SectionText.All, []);
        if (cursor.TrySkipWord("HEADER.FIELDS.NOT "u8))
            text = SectionText.HeaderFieldsNot;
        else if (cursor.TrySkipWord("HEADER.FIELDS "u8))
            text = SectionText.HeaderFields;
        else if (cursor.TrySkipWord("HEADER"u8))
            text = SectionText.Header;
        else if (cursor.TrySkipWord("TEXT"u8))
            text = SectionText.Text;
        else if (hasPart && cursor.TrySkipWord("MIME"u8))
            text = SectionText.Mime;
        else
            return RequestFault.BadArguments;
        return text is SectionText.HeaderFields or SectionText.HeaderFieldsNot ? ReadFields(ref cursor, out fields) : RequestFault.None;
    }

    /// <summary><c>header-list = "(" header-fld-name *(SP header-fld-name) ")"</c>, each an astring.</summary>
    private static RequestFault ReadFields(ref Cursor cursor, out IReadOnlyList<ReadOnlyMemory<byte>> fields)
    {
        var names = new List<ReadOnlyMemory<byte>>();
        fields = names;
        if (!cursor.TrySkip('('))
            return RequestFault.BadArguments;
        do
        {
            if (names.Count == GrammarLimits.HeaderFields)
                return RequestFault.TooMany;
            if (!cursor.TryReadAString(out var name) || name.IsEmpty)
                return RequestFault.BadArguments;
            names.Add(name);
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') ? RequestFault.None : RequestFault.BadArguments;
    }
}
