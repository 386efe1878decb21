namespace MailServer.Rules;

/// <summary>
/// Where a <see cref="Mail"/> gets its facts from: a message that comes in, a stored one, or the other end of a pipe. Every answer is plain
/// text, a number or a list of them. Nothing throws: what is broken is empty. Nothing is asked that no rule needs.
/// </summary>
public interface IMailSource
{
    /// <summary>All values of a field, unfolded and decoded, top first.</summary>
    IReadOnlyList<string> Fields(string name);

    /// <summary>The people of an address field.</summary>
    IReadOnlyList<Correspondent> Addresses(string name);

    /// <summary>The Date field, or else when the message came.</summary>
    DateTimeOffset Date { get; }

    /// <summary>When it came, in the server's time zone. For a stored message: when it came then, so that rules say the same again.</summary>
    DateTimeOffset Received { get; }

    /// <summary>Octets with CRLF line ends.</summary>
    long Size { get; }

    /// <summary>Sum of the filters' scores.</summary>
    double JunkScore { get; }

    /// <summary>
    /// The values of the Authentication-Results fields (RFC 8601 §2.2) that this server's own filters wrote in its name. What the message
    /// itself came with is never among them: anybody can write our name there.
    /// </summary>
    IReadOnlyList<string> AuthenticationResults { get; }

    /// <summary>How it came.</summary>
    MailOrigin Origin { get; }

    /// <summary>The parts of the body that are not multiparts, in order.</summary>
    IReadOnlyList<MailPart> Parts { get; }

    /// <summary>The text that a reader sees: text parts that are no attachments, decoded, HTML turned into text, cut at <see cref="MailText.MaxBody"/> characters.</summary>
    string Text { get; }
}

/// <summary>One part of a message's body.</summary>
/// <param name="MediaType">As <c>text/calendar</c>, in lower case.</param>
/// <param name="FileName">The name it is to be saved under; empty when it has none.</param>
/// <param name="Size">Octets it has when it is saved: what is in base64 counts decoded.</param>
/// <param name="IsAttachment">Whether it says that it is an attachment (RFC 2183 §2.2).</param>
public readonly record struct MailPart(string MediaType, string FileName, long Size = 0, bool IsAttachment = false);

/// <summary>How a message came. What is not known is empty.</summary>
public sealed record MailOrigin
{
    /// <summary>Nothing is known.</summary>
    public static MailOrigin Unknown { get; } = new();

    /// <summary>The reverse-path (RFC 5321 §4.1.1.2); empty for <c>&lt;&gt;</c>.</summary>
    public string Sender { get; init; } = "";

    /// <summary>What the peer called itself.</summary>
    public string Helo { get; init; } = "";

    /// <summary>The peer's address, as <c>192.0.2.1</c> or <c>2001:db8::1</c>.</summary>
    public string ClientIp { get; init; } = "";

    /// <summary>The protocol of an encrypted connection, as <c>TLSv1.3</c>, maybe with its cipher.</summary>
    public string Tls { get; init; } = "";

    /// <summary>The user that the peer authenticated as.</summary>
    public string User { get; init; } = "";
}
