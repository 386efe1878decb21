namespace MailServer.Wire.Smtp;

/// <summary>The first word of a command line.</summary>
public enum SmtpVerb
{
    /// <summary>None that we know.</summary>
    Unknown,
    /// <summary>RFC 5321 §4.1.1.1.</summary>
    Ehlo,
    /// <summary>RFC 5321 §4.1.1.1.</summary>
    Helo,
    /// <summary>RFC 5321 §4.1.1.2.</summary>
    Mail,
    /// <summary>RFC 5321 §4.1.1.3.</summary>
    Rcpt,
    /// <summary>RFC 5321 §4.1.1.4.</summary>
    Data,
    /// <summary>RFC 5321 §4.1.1.5.</summary>
    Rset,
    /// <summary>RFC 5321 §4.1.1.6.</summary>
    Vrfy,
    /// <summary>RFC 5321 §4.1.1.7.</summary>
    Expn,
    /// <summary>RFC 5321 §4.1.1.8.</summary>
    Help,
    /// <summary>RFC 5321 §4.1.1.9.</summary>
    Noop,
    /// <summary>RFC 5321 §4.1.1.10.</summary>
    Quit,
    /// <summary>RFC 3207 §4.</summary>
    StartTls,
    /// <summary>RFC 4954 §4.</summary>
    Auth,
    /// <summary>RFC 3030 §2.</summary>
    Bdat,
    /// <summary>RFC 2033 §4.1.</summary>
    Lhlo,
    /// <summary>A method of HTTP: somebody makes a browser talk to us (the ALPACA attack), and must not get a conversation.</summary>
    Http,
}
