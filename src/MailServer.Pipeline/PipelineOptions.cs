namespace MailServer.Pipeline;

/// <summary>How incoming mail is treated: the table <c>[filters]</c> and the limits.</summary>
public sealed record PipelineOptions
{
    /// <summary>Our name and domains.</summary>
    public required ServerInfo Server { get; init; }

    /// <summary>Names of filters in the order they are asked in. Those not named come after them, in load order.</summary>
    public IReadOnlyList<string> FilterOrder { get; init; } = [];

    /// <summary>The tables <c>[filters.NAME]</c>, by name.</summary>
    public IReadOnlyDictionary<string, FilterLimit> Filters { get; init; } = new Dictionary<string, FilterLimit>();

    /// <summary>Octets of one message with CRLF line ends, as RFC 1870 counts. More is refused.</summary>
    public long MaxMessageSize { get; init; } = 50L * 1024 * 1024;

    /// <summary>Received fields of a message that goes in circles (RFC 5321 §6.3 asks for a limit of at least 100 only of relays; real mail has below 20).</summary>
    public int MaxHops { get; init; } = 50;

    /// <summary>Recipients of one message: RFC 5321 §4.5.3.1.8 asks for 100 at least; beyond this memory is at risk.</summary>
    public int MaxRecipients { get; init; } = 5000;

    /// <summary>How long a plugin's rule may take for one recipient.</summary>
    public TimeSpan RuleLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a full account refuses mail for good.</summary>
    public bool IsOverQuotaFinal { get; init; }

    /// <summary>Recipients that an account may send to in a day; 0 for no limit.</summary>
    public int RecipientsPerDay { get; init; }

    /// <summary>Accounts whose sent mail the server keeps in their folder for it; <c>*</c> is all.</summary>
    public IReadOnlyList<string> KeepSent { get; init; } = [];

    internal bool KeepsSent(EmailAddress account) => KeepSent.Any(name => name == "*" || name.Equals(account.ToString(), StringComparison.OrdinalIgnoreCase));

    /// <summary>Who reads postmaster's mail (RFC 5321 §4.5.1) when no account or alias of that name is there; null for the first account.</summary>
    public EmailAddress? Postmaster { get; init; }
}

/// <summary>What a filter may cost: a table <c>[filters.NAME]</c>.</summary>
public sealed record FilterLimit
{
    /// <summary>What holds for a filter without a table.</summary>
    public static FilterLimit Default { get; } = new();

    /// <summary>How long it may take at each question. The peer waits ten minutes for the reply to its final dot (RFC 5321 §4.5.3.2.6).</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What its failure means.</summary>
    public FilterFailure OnFailure { get; init; }
}

/// <summary>What it means for a message that a filter fails or takes too long.</summary>
public enum FilterFailure
{
    /// <summary>The peer is asked to come again later: nothing passes unchecked, nothing is lost.</summary>
    Defer,
    /// <summary>The message goes on as if the filter were not there.</summary>
    Skip,
}
