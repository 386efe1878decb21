namespace MailServer.Storage;

/// <summary>What a <see cref="SearchProgram"/> looks at.</summary>
internal readonly struct SearchSubject
{
    /// <summary>What the index knows.</summary>
    public required MessageInfo Info { get; init; }

    /// <summary>Its sequence number in the view.</summary>
    public required int Sequence { get; init; }

    /// <summary>Whether it is <c>\Recent</c> in this session.</summary>
    public required bool IsRecent { get; init; }

    /// <summary>The greatest UID of the view: what <c>*</c> means in a set of UIDs.</summary>
    public required uint LastUid { get; init; }

    /// <summary>The greatest sequence number of the view: what <c>*</c> means in a set of sequence numbers.</summary>
    public required int LastSequence { get; init; }

    /// <summary>What the index knows; null when it does not know this message.</summary>
    public SearchHints? Hints { get; init; }

    /// <summary>Opens the message as it is stored (LF or CRLF); null when it is gone. Called at most once a message; the program disposes it.</summary>
    public required Func<Stream?> Open { get; init; }
}
