namespace MailServer;

/// <summary>A received message. The body never changes; trace fields are only put on top.</summary>
public interface IMessage
{
    /// <summary>Our name for it, in logs and in the reply to its final dot.</summary>
    string Id { get; }

    /// <summary>Size in octets with CRLF line ends, as RFC 1870 counts.</summary>
    long Size { get; }

    /// <summary>Sum of the filters' scores.</summary>
    double JunkScore { get; }

    /// <summary>The first field of that name, unfolded and decoded (RFC 2047), or null.</summary>
    string? Header(string name);

    /// <summary>All fields of that name, top first.</summary>
    IReadOnlyList<string> Headers(string name);

    /// <summary>Opens the raw bytes, lines ended by CRLF.</summary>
    Stream OpenRead();

    /// <summary>Puts a trace field on top (RFC 5322 §3.6.7).</summary>
    /// <exception cref="ArgumentException">The name or the value has a character that a field may not have.</exception>
    void Prepend(string name, string value);
}
