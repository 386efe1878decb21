using System.Text;

namespace MailServer.Accounts.Sasl;

/// <summary>
/// SASLprep, RFC 4013: the form of a password that every client and server agrees on before it goes into SCRAM. Code points that
/// Unicode 3.2 did not know pass as they are (a "query", RFC 3454 §7), so that a password may hold an emoji.
/// </summary>
internal static class SaslPrep
{
    /// <summary>The prepared password, or null with the reason when RFC 4013 forbids it.</summary>
    public static string? Prepare(string password, out string? reason)
    {
        reason = null;
        if (Ascii.IsValid(password))
            return NoControls(password, out reason);

        var runes = new List<int>(password.Length);
        for (var i = 0; i < password.Length; i += Rune.GetRuneAt(password, i).Utf16SequenceLength)
        {
            if (!Rune.TryGetRuneAt(password, i, out var rune))
            {
                reason = "it is not well-formed Unicode";
                return null;
            }

            runes.Add(rune.Value);
        }

        var tables = UnicodeTables.Instance;
        var mapped = runes.Select(c => tables.IsSpace(c) ? ' ' : c).Where(c => !tables.IsNothing(c));    // RFC 4013 §2.1
        var normal = Nfkc.Normalize(mapped);                                                            // RFC 4013 §2.2
        reason = normal.Count == 0 ? "nothing that counts is in it"
            : normal.Exists(tables.IsProhibited) ? "it has a character that RFC 4013 forbids"           // RFC 4013 §2.3
            : MixesDirections(normal, tables) ? "it mixes right-to-left and left-to-right text"         // RFC 4013 §2.4
            : null;
        return reason is null ? string.Concat(normal.Select(char.ConvertFromUtf32)) : null;
    }

    private static string? NoControls(string password, out string? reason)
    {
        reason = password.AsSpan().ContainsAnyInRange('\0', '\x1F') || password.Contains('\x7F')
            ? "it has a control character"
            : null;
        return reason is null ? password : null;
    }

    // RFC 3454 §6: right-to-left text has no left-to-right character in it and begins and ends with a right-to-left one.
    private static bool MixesDirections(List<int> text, UnicodeTables tables) =>
        text.Exists(tables.IsRightToLeft)
        && (text.Exists(tables.IsLeftToRight) || !tables.IsRightToLeft(text[0]) || !tables.IsRightToLeft(text[^1]));
}
