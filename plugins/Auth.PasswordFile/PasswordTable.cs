namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>The accounts of one reading of the file. Never changes: whoever holds it sees one state.</summary>
/// <param name="entries">In the file's order.</param>
/// <param name="domains">The domains that names without one belong to.</param>
internal sealed class PasswordTable(IReadOnlyList<PasswordEntry> entries, IReadOnlyList<string> domains)
{
    public static PasswordTable Empty { get; } = new([], []);

    // Case makes no two accounts: people write Alice@Example.org, and Dovecot lowers what they write.
    private readonly Dictionary<string, PasswordEntry> _byName = entries.ToDictionary(entry => entry.User.Name, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<PasswordEntry> Entries => entries;

    /// <summary>Whose login name this is: with or without a domain, as the file has it or not.</summary>
    public PasswordEntry? FindLogin(string name)
    {
        if (name.Contains('@', StringComparison.Ordinal))
            return EmailAddress.TryParse(name, out var written) ? Find(written) : null;
        return _byName.GetValueOrDefault(name) ?? (domains.Count > 0 ? _byName.GetValueOrDefault($"{name}@{domains[0]}") : null);
    }

    /// <summary>Whose mail this is. A name without a domain gets the mail of all our domains.</summary>
    public PasswordEntry? Find(EmailAddress written)
    {
        var address = AccountName.Normal(written);
        var isOurs = domains.Contains(address.Domain, StringComparer.OrdinalIgnoreCase);
        return _byName.GetValueOrDefault(address.ToString()) ?? (isOurs ? _byName.GetValueOrDefault(address.LocalPart) : null);
    }

    /// <summary>Whether an account of <paramref name="other"/> is missing here.</summary>
    public bool Lacks(PasswordTable other) => other._byName.Keys.Any(name => !_byName.ContainsKey(name));
}
