namespace MailServer.Storage;

/// <summary>One string for all file names that end in the same flags: a folder has a few dozen kinds among many thousand messages.</summary>
internal static class NameEndings
{
    /// <summary>Kinds remembered: far more than people use, and a bound on what odd names can take.</summary>
    private const int MaxKnown = 10_000;

    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal);

    public static string Share(ReadOnlySpan<char> ending)
    {
        if (ending.IsEmpty)
            return "";
        lock (Gate)
        {
            var lookup = Known.GetAlternateLookup<ReadOnlySpan<char>>();
            if (lookup.TryGetValue(ending, out var known))
                return known;
            if (Known.Count >= MaxKnown)
                Known.Clear();
            known = ending.ToString();
            Known.Add(known);
            return known;
        }
    }
}
