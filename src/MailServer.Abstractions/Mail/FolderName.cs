using System.Text;

namespace MailServer;

/// <summary>A folder (an IMAP mailbox, RFC 9051 §5.1), with <c>/</c> between levels. INBOX is always in upper case.</summary>
/// <param name="Value">The whole name, decoded.</param>
public readonly record struct FolderName(string Value)
{
    /// <summary>Levels a name may have: more than people use, few enough that no client's tree view suffers.</summary>
    public const int MaxLevels = 16;

    /// <summary>Octets a name may have in UTF-8. On disk it is one file name in modified UTF-7, which holds 255.</summary>
    public const int MaxOctets = 200;

    /// <summary>The one name that every account has.</summary>
    public static FolderName Inbox { get; } = new("INBOX");

    /// <summary>Whether this is INBOX.</summary>
    public bool IsInbox => Value == "INBOX";

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>
    /// Checks a name from a peer, a script or a mail: no empty level, none that is <c>.</c> or <c>..</c> or begins with a dot, no control
    /// character, no lone surrogate, at most <see cref="MaxLevels"/> levels and <see cref="MaxOctets"/> octets. INBOX is read in any case
    /// (RFC 9051 §5.1), as the first level too.
    /// </summary>
    public static bool TryParse(string? text, out FolderName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.Length > MaxOctets || Encoding.UTF8.GetByteCount(text) > MaxOctets)
            return false;
        foreach (var rune in text.EnumerateRunes())
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar)
                return false;

        var levels = text.Split('/');
        if (levels.Length > MaxLevels || Array.Exists(levels, level => level.Length == 0 || level[0] == '.'))
            return false;
        if (levels[0].Equals("INBOX", StringComparison.OrdinalIgnoreCase))
            levels[0] = "INBOX";
        name = new(string.Join('/', levels));
        return true;
    }
}
