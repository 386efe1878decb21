namespace MailServer;

/// <summary>Facts of the server that protocols show to their peers.</summary>
public sealed record ServerInfo
{
    /// <summary>The fully qualified name in banners, EHLO answers and Received fields.</summary>
    public required string Hostname { get; init; }

    /// <summary>The domains we are the final destination for, as A-labels in lower case.</summary>
    public required IReadOnlyList<string> Domains { get; init; }

    /// <summary>The server's version, as <c>0.1.0</c>.</summary>
    public required string Version { get; init; }
}
