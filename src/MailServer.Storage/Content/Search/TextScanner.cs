namespace MailServer.Storage;

/// <summary>Looks for texts in a text that comes in pieces, without case; keeps no more of it than the longest text may span.</summary>
internal sealed class TextScanner(IReadOnlyList<string> needles) : ITextSink
{
    private readonly int _overlap = needles.Max(needle => needle.Length) - 1;
    private char[] _window = [];
    private int _length;
    private int _missing = needles.Count;

    /// <summary>Which have been found.</summary>
    public bool[] Found { get; } = new bool[needles.Count];

    /// <summary>Whether nothing is left to look for.</summary>
    public bool IsDone => _missing == 0;

    /// <summary>Takes the next piece.</summary>
    public void Add(ReadOnlySpan<char> piece)
    {
        if (IsDone || piece.IsEmpty)
            return;
        if (_window.Length < _length + piece.Length)
            Array.Resize(ref _window, Math.Max(_length + piece.Length, _window.Length * 2));
        piece.CopyTo(_window.AsSpan(_length));
        _length += piece.Length;

        ReadOnlySpan<char> window = _window.AsSpan(0, _length);
        for (var i = 0; i < needles.Count; i++)
            if (!Found[i] && window.Contains(needles[i], StringComparison.OrdinalIgnoreCase))
            {
                Found[i] = true;
                _missing--;
            }

        var kept = Math.Min(_overlap, _length);
        window[^kept..].CopyTo(_window);
        _length = kept;
    }

    /// <summary>A text ends here: none spans two parts.</summary>
    public void End() => _length = 0;
}
