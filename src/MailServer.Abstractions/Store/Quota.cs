namespace MailServer;

/// <summary>What an account may hold; by the resource names of RFC 9208 §5.</summary>
public sealed record Quota
{
    /// <summary>STORAGE: octets of all messages, as they are on disk; null for no limit.</summary>
    public long? Storage { get; init; }

    /// <summary>MESSAGE: how many messages; null for no limit.</summary>
    public long? Messages { get; init; }

    /// <summary>Whether there is any limit.</summary>
    public bool HasLimit => Storage is not null || Messages is not null;
}

/// <summary>What an account holds, and may hold.</summary>
public sealed record QuotaUsage
{
    /// <summary>Octets of all messages, as they are on disk.</summary>
    public long Storage { get; init; }

    /// <summary>How many messages.</summary>
    public long Messages { get; init; }

    /// <summary>The limits.</summary>
    public Quota Limit { get; init; } = new();
}
