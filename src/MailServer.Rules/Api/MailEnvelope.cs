using System.Net;

namespace MailServer.Rules;

/// <summary>How the mail came: what was said in SMTP, which need not be what the mail's header says (RFC 5321 §2.3.1).</summary>
public sealed class MailEnvelope
{
    private readonly Mail _mail;
    private readonly IRecipientSource _recipient;

    internal MailEnvelope(Mail mail, IRecipientSource recipient) => (_mail, _recipient) = (mail, recipient);

    /// <summary>Who gets told when it cannot be delivered (MAIL FROM). Its address is empty in such reports themselves, and in answers by machines.</summary>
    /// <example><code>if (Envelope.Sender.IsIn("bounces.shop.example")) FileInto("Shopping");</code></example>
    public Correspondent Sender => field ??= Correspondent.Parse(_mail.Origin.Sender);

    /// <summary>The address the mail was sent to (RCPT TO), which may be an alias of yours or have a <c>+</c> part.</summary>
    /// <example><code>if (Envelope.Recipient.Is("sales@example.org")) FileInto("Sales");</code></example>
    public Correspondent Recipient => field ??= Correspondent.Parse(_recipient.Address);

    /// <summary>The main address of the account that gets the mail.</summary>
    /// <example><code>if (Envelope.Account == "alice@example.org") AddFlag("$Alice");</code></example>
    public string Account => _recipient.Account;

    /// <summary>What the other server called itself. It may say anything.</summary>
    /// <example><code>if (Envelope.Helo == "localhost") AddFlag("$Odd");</code></example>
    public string Helo => _mail.Origin.Helo;

    /// <summary>The IP address the mail came from.</summary>
    /// <example><code>if (Envelope.ClientIp == "192.0.2.25") FileInto("Scanner");</code></example>
    public string ClientIp => _mail.Origin.ClientIp;

    /// <summary>Whether the mail came from a network.</summary>
    /// <example><code>if (Envelope.IsFrom("192.168.0.0/16")) FileInto("Machines");</code></example>
    public bool IsFrom(string network)
    {
        if (!IPAddress.TryParse(ClientIp, out var client) || network is null)
            return false;
        if (client.IsIPv4MappedToIPv6)
            client = client.MapToIPv4();
        return IPNetwork.TryParse(network, out var range) ? range.Contains(client) : IPAddress.TryParse(network, out var one) && one.Equals(client);
    }

    /// <summary>Whether it came over an encrypted connection.</summary>
    /// <example><code>if (!Envelope.IsEncrypted) AddFlag("$Plain");</code></example>
    public bool IsEncrypted => _mail.Origin.Tls.Length > 0;

    /// <summary>The user who sent it, when it came from one of this server's own users who has logged in; else empty.</summary>
    /// <example><code>if (Envelope.User == "scanner") FileInto("Scans");</code></example>
    public string User => _mail.Origin.User;
}
