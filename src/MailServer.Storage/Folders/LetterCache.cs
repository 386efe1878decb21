namespace MailServer.Storage;

/// <summary>Reads the letters of file names, and shares the lists of keywords between messages.</summary>
internal sealed class LetterCache(KeywordFile keywords)
{
    /// <summary>Combinations remembered: far more than people use.</summary>
    private const int MaxKnown = 10_000;

    private readonly Dictionary<string, (SystemFlags, IReadOnlyList<string>)> _known = new(StringComparer.Ordinal);

    public (SystemFlags System, IReadOnlyList<string> Keywords) Read(ReadOnlySpan<char> letters)
    {
        if (letters.IsEmpty)
            return (SystemFlags.None, []);
        if (_known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(letters, out var flags))
            return flags;

        var system = SystemFlags.None;
        List<string> names = [];
        foreach (var letter in letters)
        {
            system |= FlagLetters.Parse(letter);
            if (keywords.NameOf(letter) is { } name && !names.Contains(name))
                names.Add(name);
        }

        if (_known.Count >= MaxKnown)
            _known.Clear();
        return _known[letters.ToString()] = (system, names.Count == 0 ? [] : names.ToArray());
    }
}
