namespace MailServer.Plugins.Imap.Commands;

/// <summary>A subject without what answers and forwards add (RFC 5256 §2.1).</summary>
/// <param name="Text">The base subject.</param>
/// <param name="IsReply">Whether what was removed makes it a reply or a forward (RFC 5256 §3, REFERENCES).</param>
internal readonly record struct BaseSubject(string Text, bool IsReply)
{
    private const string ForwardHeader = "[fwd:";

    // No client shows more; what stands in many brackets is looked at again for each of them.
    private const int Most = 1_024;

    /// <summary>Extracts it. Each step moves an end of the text inwards.</summary>
    public static BaseSubject Of(string subject)
    {
        var text = Spaced(subject.Length > Most ? subject[..Most] : subject).AsSpan();
        var isReply = false;
        while (true)
        {
            while (TrySkipTrailer(ref text, ref isReply))
            {
            }

            while (TrySkipLeader(ref text, ref isReply) || TrySkipBlob(ref text))
            {
            }

            if (!text.StartsWith(ForwardHeader, StringComparison.OrdinalIgnoreCase) || text[^1] != ']')
                return new(text.ToString(), isReply);
            text = text[ForwardHeader.Length..^1];
            isReply = true;
        }
    }

    // (1): tabs and line ends are spaces, and several of them one.
    private static string Spaced(string subject) =>
        string.Join(' ', subject.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    // subj-trailer = "(fwd)" / WSP
    private static bool TrySkipTrailer(ref ReadOnlySpan<char> text, ref bool isReply)
    {
        if (text.EndsWith(" "))
        {
            text = text[..^1];
            return true;
        }

        if (!text.EndsWith("(fwd)", StringComparison.OrdinalIgnoreCase))
            return false;
        text = text[..^5];
        isReply = true;
        return true;
    }

    // subj-leader = (*subj-blob subj-refwd) / WSP; subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
    private static bool TrySkipLeader(ref ReadOnlySpan<char> text, ref bool isReply)
    {
        if (text.StartsWith(" "))
        {
            text = text[1..];
            return true;
        }

        var rest = text;
        while (TryReadBlob(ref rest))
        {
        }

        if (rest.StartsWith("re", StringComparison.OrdinalIgnoreCase))
            rest = rest[2..];
        else if (rest.StartsWith("fwd", StringComparison.OrdinalIgnoreCase))
            rest = rest[3..];
        else if (rest.StartsWith("fw", StringComparison.OrdinalIgnoreCase))
            rest = rest[2..];
        else
            return false;
        rest = rest.TrimStart(' ');
        TryReadBlob(ref rest);
        if (rest is not [':', ..])
            return false;
        text = rest[1..];
        isReply = true;
        return true;
    }

    // (4): a blob goes when something is left behind it.
    private static bool TrySkipBlob(ref ReadOnlySpan<char> text)
    {
        var rest = text;
        if (!TryReadBlob(ref rest) || rest.IsEmpty)
            return false;
        text = rest;
        return true;
    }

    // subj-blob = "[" *BLOBCHAR "]" *WSP
    private static bool TryReadBlob(ref ReadOnlySpan<char> text)
    {
        if (text is not ['[', ..] || text[1..].IndexOfAny('[', ']') is not (>= 0 and var end) || text[end + 1] != ']')
            return false;
        text = text[(end + 2)..].TrimStart(' ');
        return true;
    }
}
