namespace MailServer.Storage;

/// <summary>What the index knows of a folder with regard to a search. It rules messages out, and never says that one matches.</summary>
internal sealed class SearchHints(FolderMarks marks, IReadOnlyList<SearchCandidates?> texts)
{
    /// <summary>Whether the index knows a message's text.</summary>
    public bool Knows(uint uid, string baseName) => marks.Has(uid, baseName);

    /// <summary>Whether the index would have to read the message.</summary>
    public bool Misses(uint uid, string baseName) => !marks.HasSeen(uid, baseName);

    /// <summary>Whether the header of a message that it knows lacks one of the program's texts.</summary>
    public bool IsNotInHeader(int text, uint uid) => texts[text] is { } candidates && candidates.Headers.BinarySearch(uid) < 0;

    /// <summary>Whether the body of a message that it knows lacks one of the program's texts.</summary>
    public bool IsNotInBody(int text, uint uid) => texts[text] is { } candidates && candidates.Bodies.BinarySearch(uid) < 0;
}
