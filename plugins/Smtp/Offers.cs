using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp;

/// <summary>Which extensions that bring parameters are offered to a session as it is now. Only what is offered is understood.</summary>
internal static class Offers
{
    /// <summary>How long mail may be held (RFC 4865 §4): a holiday, and not for ever in a queue that is looked at.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromDays(30);

    public static SmtpExtensions Of(SmtpSession session)
    {
        var offered = session.IsSubmission ? SmtpExtensions.Auth : SmtpExtensions.None;
        // RFC 3461 §3: who takes the parameters promises to send notices.
        if (session.Host.Ingress.SendsMail)
            offered |= SmtpExtensions.Dsn;
        // RFC 8689 §2: never where it came in clear itself.
        if (session.Connection.Info.Tls is not null && session.Host.Ingress.SendsMail)
            offered |= SmtpExtensions.RequireTls;
        // For our own users alone: a stranger must not keep mail in our queue, or get ahead of others in it.
        if (session.IsSubmission && session.Host.Ingress.SendsMail)
            offered |= SmtpExtensions.Priority | SmtpExtensions.FutureRelease;
        return offered;
    }
}
