namespace MailServer.Wire.Smtp;

/// <summary>The extensions that are offered and bring parameters: a parameter of another is not recognized (RFC 5321 §4.1.1.11).</summary>
[Flags]
public enum SmtpExtensions
{
    /// <summary>Those that are always offered.</summary>
    None = 0,
    /// <summary><c>AUTH=</c> (RFC 4954 §5).</summary>
    Auth = 1,
    /// <summary><c>RET=</c>, <c>ENVID=</c>, <c>NOTIFY=</c>, <c>ORCPT=</c> (RFC 3461 §4).</summary>
    Dsn = 2,
    /// <summary><c>REQUIRETLS</c> (RFC 8689 §2).</summary>
    RequireTls = 4,
    /// <summary><c>BY=</c> (RFC 2852 §4).</summary>
    DeliverBy = 8,
    /// <summary><c>MT-PRIORITY=</c> (RFC 6710 §4).</summary>
    Priority = 16,
    /// <summary><c>HOLDFOR=</c> and <c>HOLDUNTIL=</c> (RFC 4865 §4).</summary>
    FutureRelease = 32,
}
