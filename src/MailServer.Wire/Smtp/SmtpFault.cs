namespace MailServer.Wire.Smtp;

/// <summary>Why an argument of MAIL or RCPT cannot be read.</summary>
public enum SmtpFault
{
    /// <summary>It can.</summary>
    None,
    /// <summary><c>FROM:</c> or <c>TO:</c> is missing.</summary>
    Keyword,
    /// <summary>The path is not one.</summary>
    Path,
    /// <summary>Longer than 64 octets (RFC 5321 §4.5.3.1.1).</summary>
    LocalPartTooLong,
    /// <summary>Longer than 255 octets, or a label longer than 63 (RFC 5321 §4.5.3.1.2).</summary>
    DomainTooLong,
    /// <summary>Longer than 256 octets (RFC 5321 §4.5.3.1.3).</summary>
    PathTooLong,
    /// <summary>The parameters are not separated by blanks, or a keyword or value has a character that it may not have.</summary>
    Parameter,
    /// <summary>A parameter of no extension that is offered.</summary>
    UnknownParameter,
    /// <summary>The same parameter twice.</summary>
    RepeatedParameter,
    /// <summary>A parameter with a value that makes no sense.</summary>
    ParameterValue,
}
