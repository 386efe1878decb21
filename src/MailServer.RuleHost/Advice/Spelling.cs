namespace MailServer.RuleHost;

/// <summary>Finds the name that a misspelt one was meant to be.</summary>
internal static class Spelling
{
    /// <summary>The nearest of some names: equal but for case, or with one letter wrong in three at most; null when none is near.</summary>
    public static string? Nearest(string name, IEnumerable<string> names)
    {
        (string? Name, int Distance) best = (null, Math.Max(1, name.Length / 3) + 1);
        foreach (var other in names.Distinct(StringComparer.Ordinal))
            if (other != name && Distance(name, other) is var distance && distance < best.Distance)
                best = (other, distance);
        return best.Name;
    }

    /// <summary>Letters put in, left out, changed or swapped (Damerau and Levenshtein); case counts nothing.</summary>
    public static int Distance(string left, string right)
    {
        // Names are short, and what is much longer is another name.
        if (Math.Abs(left.Length - right.Length) > 4 || left.Length > 64)
            return int.MaxValue;
        var (a, b) = (left.ToUpperInvariant(), right.ToUpperInvariant());
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            for (var j = 0; j <= b.Length; j++)
                if (i == 0 || j == 0)
                    table[i, j] = i + j;
                else
                {
                    var same = a[i - 1] == b[j - 1] ? 0 : 1;
                    table[i, j] = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + same);
                    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                        table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }

        return table[a.Length, b.Length];
    }
}
