namespace MailServer.Accounts;

/// <summary>Which addresses stand for others. It says what is written, and follows nothing: whoever asks, asks again for what it is told.</summary>
public sealed class AliasTable
{
    private readonly Dictionary<string, EmailAddress[]> _targets;

    internal AliasTable(Dictionary<string, EmailAddress[]> targets, IReadOnlyList<AliasLine> lines) => (_targets, Lines) = (targets, lines);

    /// <summary>One without any.</summary>
    public static AliasTable Empty { get; } = new([], []);

    /// <summary>All aliases, in the order of the file.</summary>
    public IReadOnlyList<AliasLine> Lines { get; }

    /// <summary>What is written for an address: for it, or with <c>+detail</c> for the address without it, whose targets then get the detail. Null when nothing is.</summary>
    public IReadOnlyList<EmailAddress>? Find(EmailAddress address)
    {
        if (_targets.TryGetValue(KeyOf(address), out var targets))
            return [.. targets.Select(target => Filled(target, address))];
        var plus = address.LocalPart.IndexOf('+', StringComparison.Ordinal);
        if (plus <= 0 || !_targets.TryGetValue(KeyOf(address with { LocalPart = address.LocalPart[..plus] }), out targets))
            return null;
        var detail = address.LocalPart[plus..];
        return [.. targets.Select(target => target.LocalPart.Contains('+', StringComparison.Ordinal) ? target : target with { LocalPart = target.LocalPart + detail })];
    }

    /// <summary>What is written for whole domain <c>@domain</c>: where all goes that nobody has. Null when nothing is.</summary>
    public IReadOnlyList<EmailAddress>? FindCatchAll(EmailAddress address) =>
        _targets.TryGetValue(KeyOf(new("", address.Domain)), out var targets) ? [.. targets.Select(target => Filled(target, address))] : null;

    // "@old.example @example.org" moves a domain: each name stays as it is.
    private static EmailAddress Filled(EmailAddress target, EmailAddress address) => target.LocalPart.Length > 0 ? target : target with { LocalPart = address.LocalPart };

    /// <summary>What makes two addresses the same: names do not differ by case alone.</summary>
    public static string KeyOf(EmailAddress address) => $"{address.LocalPart}@{address.Domain}".ToLowerInvariant();
}

/// <summary>An alias as it is written.</summary>
/// <param name="Number">Its line, counted from 1.</param>
/// <param name="Address">The address; without a local part for a whole domain.</param>
/// <param name="Targets">Where mail for it goes; without a local part where that stays.</param>
public sealed record AliasLine(int Number, EmailAddress Address, IReadOnlyList<EmailAddress> Targets);
