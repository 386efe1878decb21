using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>What rules are told of a message beside its octets.</summary>
internal sealed record MailFacts
{
    /// <summary>When it came, in the server's time zone.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>Octets with CRLF line ends, as they came.</summary>
    public required long Size { get; init; }

    /// <summary>Sum of the filters' scores.</summary>
    public double JunkScore { get; init; }

    /// <summary>How it came.</summary>
    public MailOrigin Origin { get; init; } = MailOrigin.Unknown;

    /// <summary>Fields that filters have put on top, top first.</summary>
    public IReadOnlyList<(string Name, string Value)> Findings { get; init; } = [];

    /// <summary>Our name, by which our own findings are known.</summary>
    public required string Hostname { get; init; }
}
