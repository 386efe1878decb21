namespace MailServer.Plugins.Smtp;

/// <summary>The one table from an enhanced status to the basic code that goes with it (IANA SMTP Enhanced Status Codes registry).</summary>
internal static class ReplyTable
{
    public static int BasicCode(StatusCode status) => status switch
    {
        { Class: 5, Subject: 1, Detail: 3 } => 553,           // bad destination mailbox address syntax
        { Class: 5, Subject: 1, Detail: 7 } => 553,           // bad sender's mailbox address syntax
        { Class: 5, Subject: 1, Detail: 9 or 10 } => 556,     // null MX (RFC 7505 §4.2)
        { Class: 5, Subject: 1 } => 550,                      // other addresses
        { Class: 5, Subject: 2, Detail: 2 or 3 } => 552,      // mailbox full; message longer than the mailbox takes
        { Class: 5, Subject: 2 } => 550,                      // mailbox disabled
        { Class: 5, Subject: 3, Detail: 4 } => 552,           // message too big for system
        { Class: 5, Subject: 5, Detail: 3 } => 550,           // too many recipients
        { Class: 5, Subject: 6, Detail: 7 } => 553,           // non-ASCII addresses not permitted (RFC 6531 §3.5)
        { Class: 5, Subject: 7, Detail: 0 } => 550,           // security or policy
        { Class: 5, Subject: 7, Detail: 8 } => 535,           // credentials invalid (RFC 4954 §6)
        { Class: 5, Subject: 7 } => 550,
        { Class: 5 } => 554,
        { Class: 4, Subject: 2, Detail: 2 } => 452,           // mailbox full, for now
        { Class: 4, Subject: 2 } => 450,                      // mailbox busy
        { Class: 4, Subject: 3, Detail: 1 } => 452,           // system full
        { Class: 4, Subject: 5, Detail: 3 } => 452,           // too many recipients (RFC 5321 §4.5.3.1.10)
        { Class: 4, Subject: 1 or 7 } => 450,                 // policy, as greylisting
        { Class: 4 } => 451,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "a problem has class 4 or 5"),
    };
}
