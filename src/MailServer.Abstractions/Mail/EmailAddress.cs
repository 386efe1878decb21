namespace MailServer;

/// <summary>An RFC 5321 §4.1.2 Mailbox. Named so because IMAP calls a folder a mailbox.</summary>
/// <param name="LocalPart">The part before the at sign, unquoted, case kept.</param>
/// <param name="Domain">The part after it, in lower case.</param>
public readonly record struct EmailAddress(string LocalPart, string Domain)
{
    /// <inheritdoc/>
    public override string ToString() => $"{LocalPart}@{Domain}";

    /// <summary>Splits at the last at sign and lowers the domain. Checks only that neither part is empty and that no blank, control character or bracket is in them.</summary>
    public static bool TryParse(string? text, out EmailAddress address)
    {
        address = default;
        if (text is null || text.LastIndexOf('@') is var at && (at <= 0 || at == text.Length - 1))
            return false;
        foreach (var c in text)
            if (char.IsControl(c) || char.IsWhiteSpace(c) || c is '<' or '>')
                return false;
        address = new(text[..at], text[(at + 1)..].ToLowerInvariant());
        return true;
    }
}
