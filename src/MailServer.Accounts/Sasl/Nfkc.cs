namespace MailServer.Accounts.Sasl;

/// <summary>
/// Unicode normalisation form KC, of Unicode 3.2. Our own because <c>string.Normalize</c> returns its input as it is under
/// <c>InvariantGlobalization</c>, and because SASLprep asks for version 3.2.
/// </summary>
internal static class Nfkc
{
    // Hangul syllables are composed by rule: The Unicode Standard, "Conjoining Jamo Behavior".
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    public static List<int> Normalize(IEnumerable<int> codePoints)
    {
        var text = new List<int>();
        foreach (var codePoint in codePoints)
            Split(codePoint, text);
        Order(text);
        return Join(text);
    }

    private static void Split(int codePoint, List<int> text)
    {
        if (codePoint - SyllableBase is var syllable and >= 0 and < Syllables)
        {
            text.Add(LeadBase + syllable / (Vowels * Tails));
            text.Add(VowelBase + syllable % (Vowels * Tails) / Tails);
            if (syllable % Tails is var tail and > 0)
                text.Add(TailBase + tail);
        }
        else if (UnicodeTables.Instance.TrySplit(codePoint, out var parts))
            text.AddRange(parts);
        else
            text.Add(codePoint);
    }

    // Canonical ordering: a stable sort of each run of combining marks by their class.
    private static void Order(List<int> text)
    {
        for (var start = 0; start < text.Count; start++)
        {
            var end = start;
            while (end < text.Count && UnicodeTables.Instance.CombiningClass(text[end]) != 0)
                end++;
            if (end - start > 1)
            {
                var run = text.Slice(start, end - start).OrderBy(c => UnicodeTables.Instance.CombiningClass(c)).ToList();
                for (var i = 0; i < run.Count; i++)
                    text[start + i] = run[i];
            }

            start = Math.Max(start, end - 1);
        }
    }

    private static List<int> Join(List<int> text)
    {
        var result = new List<int>(text.Count);
        var starter = -1;
        var lastClass = 0;
        foreach (var codePoint in text)
        {
            var ownClass = UnicodeTables.Instance.CombiningClass(codePoint);
            // Blocked when something of the same or a higher class, or another starter, stands between.
            var adjacent = starter == result.Count - 1;
            if (starter >= 0 && (adjacent || lastClass < ownClass && lastClass != 0) && TryJoin(result[starter], codePoint, out var composite))
            {
                result[starter] = composite;
                continue;
            }

            if (ownClass == 0)
                starter = result.Count;
            lastClass = ownClass;
            result.Add(codePoint);
        }

        return result;
    }

    private static bool TryJoin(int first, int second, out int composite)
    {
        if (first - LeadBase is var lead and >= 0 and < Leads && second - VowelBase is var vowel and >= 0 and < Vowels)
        {
            composite = SyllableBase + (lead * Vowels + vowel) * Tails;
            return true;
        }

        if (first - SyllableBase is var syllable and >= 0 and < Syllables && syllable % Tails == 0 && second - TailBase is var tail and > 0 and < Tails)
        {
            composite = first + tail;
            return true;
        }

        return UnicodeTables.Instance.TryJoin(first, second, out composite);
    }
}
