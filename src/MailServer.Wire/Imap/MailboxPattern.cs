namespace MailServer.Wire.Imap;

/// <summary>LIST's wildcards (RFC 3501 §6.3.8): <c>*</c> stands for anything, <c>%</c> for anything but the hierarchy delimiter.</summary>
public static class MailboxPattern
{
    /// <summary>
    /// Whether a name matches a pattern. Takes time in proportion to both lengths,
    /// whatever the pattern: all its states are followed at once.
    /// </summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        // Patterns and names are bounded by the request's line; the states of a short one fit on the stack.
        Span<bool> states = pattern.Length < 256 ? stackalloc bool[pattern.Length + 1] : new bool[pattern.Length + 1];
        states.Clear();
        states[0] = true;
        SkipWildcards(pattern, states);
        foreach (var c in name)
        {
            Step(pattern, states, c);
            SkipWildcards(pattern, states);
        }

        return states[^1];
    }

    // A wildcard may stand for nothing.
    private static void SkipWildcards(ReadOnlySpan<char> pattern, Span<bool> states)
    {
        for (var i = 0; i < pattern.Length; i++)
            states[i + 1] |= states[i] && pattern[i] is '*' or '%';
    }

    private static void Step(ReadOnlySpan<char> pattern, Span<bool> states, char c)
    {
        for (var i = pattern.Length; i >= 0; i--)
        {
            var stays = i < pattern.Length && states[i] && (pattern[i] == '*' || (pattern[i] == '%' && c != '/'));
            var comes = i > 0 && states[i - 1] && pattern[i - 1] is not ('*' or '%') && pattern[i - 1] == c;
            states[i] = stays || comes;
        }
    }
}
