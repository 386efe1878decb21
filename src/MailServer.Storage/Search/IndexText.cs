namespace MailServer.Storage;

/// <summary>Gathers one part of a message, its header or its body, for the index: the same text that a search looks at, without case.</summary>
internal sealed class IndexText : ITextSink
{
    /// <summary>
    /// Characters taken of one part: a mail of a mebibyte of text is rare, and a hundred of them at once would be felt on a small machine. Of
    /// a longer one nothing is ruled out.
    /// </summary>
    public const int MaxLength = 1024 * 1024;

    private char[] _text = new char[8 * 1024];

    public int Length { get; private set; }

    /// <summary>Whether there was more.</summary>
    public bool IsCut { get; private set; }

    public bool IsDone => IsCut;

    public void Add(ReadOnlySpan<char> piece)
    {
        if (Length + piece.Length > MaxLength)
            IsCut = true;
        if (IsCut)
            return;
        if (Length + piece.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(Length + piece.Length, _text.Length * 2));
        SearchTerms.Fold(piece, _text.AsSpan(Length));
        Length += piece.Length;
    }

    // What stands beside each other here and not in the message makes terms that no search is misled by.
    public void End() => Add("\n");

    /// <summary>Begins anew, with the room that there is.</summary>
    public void Clear() => (Length, IsCut) = (0, false);

    public override string ToString() => new(_text, 0, Length);
}
