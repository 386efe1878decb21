namespace MailServer.Plugins.Smtp;

/// <summary>For whom we speak.</summary>
internal enum SmtpService
{
    /// <summary>Other servers: everybody may bring mail for our users, nobody may log in (RFC 5321).</summary>
    Transfer,
    /// <summary>Our users' mail programs: nothing without AUTH (RFC 6409).</summary>
    Submission,
}
