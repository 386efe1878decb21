namespace MailServer.Storage;

/// <summary>A search key made ready to run over many messages: cheap tests first, the file only when they leave a doubt.</summary>
internal sealed class SearchProgram
{
    /// <summary>Makes a program of a key.</summary>
    public static SearchProgram Compile(SearchKey key) => throw new NotImplementedException();

    /// <summary>Whether some test reads the message's file.</summary>
    public bool NeedsFile => throw new NotImplementedException();

    /// <summary>Whether a message matches. Never throws for what the message holds.</summary>
    public bool Matches(in SearchSubject subject) => throw new NotImplementedException();
}

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

    /// <summary>Opens the message as it is stored (LF or CRLF); null when it is gone. Called at most once a message.</summary>
    public required Func<Stream?> Open { get; init; }
}
