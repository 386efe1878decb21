namespace MailServer.Wire.Smtp;

/// <summary>What is wrong with a message's octets.</summary>
public enum DataFault
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>A CR without LF (RFC 5321 §2.3.8).</summary>
    BareCarriageReturn,
    /// <summary>An LF without CR (RFC 5321 §2.3.8).</summary>
    BareLineFeed,
    /// <summary>A line above the limit (RFC 5321 §4.5.3.1.6).</summary>
    LineTooLong,
}
