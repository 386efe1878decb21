namespace MailServer.Plugins.Smtp;

/// <summary>For whom we speak.</summary>
internal enum SmtpService
{
    /// <summary>Other servers: everybody may bring mail for our users, nobody may log in (RFC 5321).</summary>
    Transfer,
    /// <summary>Our users' mail programs: nothing without AUTH (RFC 6409).</summary>
    Submission,
    /// <summary>A server beside us that has a queue of its own: each recipient has its own answer (RFC 2033).</summary>
    Local,
}
