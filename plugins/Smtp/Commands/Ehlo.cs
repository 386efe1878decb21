using System.Globalization;
using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp.Commands;

/// <summary>EHLO and HELO (RFC 5321 §4.1.1.1). Both also do what RSET does (RFC 5321 §4.1.4).</summary>
internal static class Ehlo
{
    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> argument, bool isExtended)
    {
        if (argument.IsEmpty)
            return new(Reply.Syntax(session.IsLocal ? "LHLO domain" : isExtended ? "EHLO domain" : "HELO domain"));
        if (argument.Length > 255)
            return new(Reply.Syntax("The domain is too long"));
        return GreetAsync(session, NameOf(argument), isExtended);
    }

    private static async ValueTask<Reply> GreetAsync(SmtpSession session, string helo, bool isExtended)
    {
        await session.AbandonAsync().ConfigureAwait(false);
        session.State = new SmtpState.Ready(helo, isExtended, session.User);
        var hostname = session.Host.Server.Hostname;
        return new(250, null, isExtended ? "HELP" : hostname) { Before = isExtended ? [hostname, .. Extensions(session)] : [] };
    }

    private static List<string> Extensions(SmtpSession session)
    {
        List<string> extensions =
        [
            "PIPELINING",                                                                                        // RFC 2920
            string.Create(CultureInfo.InvariantCulture, $"SIZE {session.Options.MaxMessageSize}"),               // RFC 1870
            "8BITMIME",                                                                                          // RFC 6152
            "SMTPUTF8",                                                                                          // RFC 6531
            "ENHANCEDSTATUSCODES",                                                                               // RFC 2034
            $"LIMITS RCPTMAX={session.Options.MaxRecipients}",                                                   // RFC 9422
            "CHUNKING",                                                                                          // RFC 3030
        ];
        var offered = Offers.Of(session);
        if (offered.HasFlag(SmtpExtensions.Dsn))
            extensions.Add("DSN");                                                                               // RFC 3461
        if (offered.HasFlag(SmtpExtensions.RequireTls))
            extensions.Add("REQUIRETLS");                                                                        // RFC 8689
        if (offered.HasFlag(SmtpExtensions.Priority))
            extensions.Add("MT-PRIORITY");                                                                       // RFC 6710
        if (offered.HasFlag(SmtpExtensions.FutureRelease))
            extensions.Add(string.Create(CultureInfo.InvariantCulture,                                           // RFC 4865
                $"FUTURERELEASE {Offers.LongestHold.TotalSeconds} {session.Host.Time.GetUtcNow() + Offers.LongestHold:yyyy-MM-dd'T'HH:mm:ss'Z'}"));
        if (session.Connection.Info.CanStartTls)
            extensions.Add("STARTTLS");                                                                          // RFC 3207
        if (session.IsSubmission && session.Host.Sasl.MechanismsFor(session.Connection.Info) is { Count: > 0 } mechanisms)
            extensions.Add($"AUTH {string.Join(' ', mechanisms)}");                                              // RFC 4954
        return extensions;
    }

    // RFC 5321 §4.1.4: mail is not refused for a wrong name. It goes into the Received field, so what would break that becomes a hyphen.
    private static string NameOf(ReadOnlySpan<byte> argument)
    {
        Span<byte> name = stackalloc byte[argument.Length];
        for (var i = 0; i < name.Length; i++)
            name[i] = char.IsAsciiLetterOrDigit((char)argument[i]) || "-._:[]"u8.Contains(argument[i]) ? argument[i] : (byte)'-';
        return Encoding.ASCII.GetString(name);
    }
}
