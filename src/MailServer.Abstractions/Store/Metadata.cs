namespace MailServer;

/// <summary>An annotation of a folder or an account (RFC 5464 §3).</summary>
/// <param name="Name">Its path in lower case, as <c>/private/comment</c>: 2 components at least, printable US-ASCII.</param>
/// <param name="Value">Its octets; null for none.</param>
public sealed record MetadataEntry(string Name, ReadOnlyMemory<byte>? Value)
{
    /// <summary>Octets of one value: what fits in a request. RFC 5464 §4.1 asks for 1,024 at least.</summary>
    public const int MaxValue = 65_536;

    /// <summary>Octets of a name: vendors' names have four components, few are longer than a line.</summary>
    public const int MaxName = 255;

    /// <summary>Entries of one folder or account (RFC 5464 §4.1: 10 at least). Clients keep a handful; all are read when one is asked for.</summary>
    public const int MaxEntries = 100;
}
