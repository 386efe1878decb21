using System.Net;

namespace MailServer;

/// <summary>Who changes an account's mail, for its journal.</summary>
public sealed record Author
{
    /// <summary>What kind of program: a protocol in lower case, as <c>imap</c>, or <c>command</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The connection's id; of a command, its words.</summary>
    public string? Session { get; init; }

    /// <summary>Where the client is.</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>The author that a session is.</summary>
    /// <param name="protocol">The protocol, as <c>imap</c>.</param>
    /// <param name="connection">The session's connection.</param>
    public static Author Of(string protocol, ConnectionInfo connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return new() { Kind = protocol, Session = connection.Id, Peer = connection.Remote.Address };
    }
}
