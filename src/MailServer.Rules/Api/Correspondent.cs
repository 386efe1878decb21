namespace MailServer.Rules;

/// <summary>One person of an address field or the envelope. Nothing in it is null; a broken address has empty parts.</summary>
public sealed record Correspondent
{
    /// <summary>The name shown, decoded; empty when there is none.</summary>
    /// <example><code>if (Mail.From.Any(p => p.Name == "Cron Daemon")) FileInto("Cron");</code></example>
    public string Name { get; init; } = "";

    /// <summary>The part before the at sign.</summary>
    /// <example><code>if (Mail.From.Any(p => p.LocalPart.StartsWith("no-reply"))) AddFlag(Seen);</code></example>
    public string LocalPart { get; init; } = "";

    /// <summary>The part after the at sign.</summary>
    /// <example><code>FileInto($"From/{Mail.From[0].Domain}");</code></example>
    public string Domain { get; init; } = "";

    /// <summary>The whole address, as <c>alice@example.org</c>; empty when it is broken.</summary>
    /// <example><code>if (Mail.To.Any(p => p.Address.EndsWith(".org"))) Keep();</code></example>
    public string Address => Domain.Length > 0 ? $"{LocalPart}@{Domain}" : LocalPart;

    /// <summary>Whether the address is in the domain or in one below it: <c>mail.example.org</c> is in <c>example.org</c>, <c>badexample.org</c> is not.</summary>
    /// <example><code>if (Mail.To.All(p => p.IsIn("example.org"))) FileInto("Internal");</code></example>
    public bool IsIn(string domain) => DomainName.IsWithin(Domain, domain);

    /// <summary>Whether it is this address; case never matters.</summary>
    /// <example><code>if (Mail.To.Any(p => p.Is("team@example.org"))) FileInto("Team");</code></example>
    public bool Is(string address) => address is not null && address.Length > 0 && Address.Equals(address, StringComparison.OrdinalIgnoreCase);

    /// <summary>Cuts an address of the envelope in two; an empty one has empty parts.</summary>
    internal static Correspondent Parse(string address) => address.LastIndexOf('@') is >= 0 and var at
        ? new() { LocalPart = address[..at], Domain = address[(at + 1)..] }
        : new() { LocalPart = address };

    /// <summary>As it is shown: <c>Alice &lt;alice@example.org&gt;</c>.</summary>
    public override string ToString() => Name.Length > 0 ? $"{Name} <{Address}>" : Address;
}
