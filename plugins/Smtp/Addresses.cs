using System.Globalization;
using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp;

/// <summary>From the octets of a path to the contract's address.</summary>
internal static class Addresses
{
    /// <summary>The address of a path: unquoted, the domain as A-labels in lower case. False for a domain that IDNA does not know.</summary>
    public static bool TryMake(SmtpPath path, out EmailAddress address)
    {
        Span<byte> local = stackalloc byte[SmtpPath.MaxLocalPart];
        var localPart = Encoding.UTF8.GetString(local[..path.WriteLocalPart(local)]);
        var domain = Encoding.UTF8.GetString(path.Domain);
        address = default;
        if (!Ascii.IsValid(path.Domain))
        {
            try
            {
                domain = new IdnMapping().GetAscii(domain);
            }
            catch (ArgumentException)
            {
                return false;
            }
        }

        address = new(localPart, domain.ToLowerInvariant());
        return true;
    }

    /// <summary>The reply to a path or parameter that cannot be read.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="usage">How it should have been.</param>
    /// <param name="address">X.1.7 for senders, X.1.3 for recipients (RFC 3463 §3.2).</param>
    public static Reply Explain(SmtpFault fault, string usage, StatusCode address) => fault switch
    {
        SmtpFault.Keyword => Reply.Syntax(usage),
        SmtpFault.Path => new(501, address, $"Bad address syntax, use {usage}"),
        SmtpFault.LocalPartTooLong => new(501, address, "The local part is longer than 64 octets"),
        SmtpFault.DomainTooLong => new(501, address, "The domain is too long"),
        SmtpFault.PathTooLong => new(501, address, "Path too long"),                            // RFC 5321 §4.5.3.1.10
        SmtpFault.UnknownParameter => new(555, new(5, 5, 4), "Parameter not recognized"),       // RFC 5321 §4.1.1.11
        SmtpFault.RepeatedParameter => Reply.Syntax("A parameter is given twice"),
        SmtpFault.ParameterValue => Reply.Syntax("A parameter has a wrong value"),
        _ => Reply.Syntax("Bad parameter syntax"),
    };

    /// <summary>RFC 6531 §3.5.</summary>
    public static Reply NeedsUtf8 { get; } = new(553, new(5, 6, 7), "Non-ASCII addresses need SMTPUTF8");
}
