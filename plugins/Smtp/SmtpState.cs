using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp;

/// <summary>Where a session is. RCPT without MAIL is not a check that may be forgotten: there is no transaction to add to.</summary>
internal abstract record SmtpState
{
    private SmtpState() { }

    /// <summary>The connection was refused at the greeting: only QUIT is left (RFC 5321 §3.1).</summary>
    public sealed record Refused : SmtpState;

    /// <summary>Greeted; the peer has not said who it is.</summary>
    public sealed record Greeted : SmtpState;

    /// <summary>Between transactions.</summary>
    /// <param name="Helo">What the peer calls itself.</param>
    /// <param name="IsExtended">Whether it said EHLO.</param>
    /// <param name="User">Who is logged in.</param>
    public sealed record Ready(string Helo, bool IsExtended, User? User) : SmtpState;

    /// <summary>Within AUTH: the next line is an answer to our challenge.</summary>
    public sealed record Authenticating(Ready Session, ISaslExchange Exchange) : SmtpState;

    /// <summary>Between MAIL and the end of the message.</summary>
    /// <param name="Session">What it goes back to.</param>
    /// <param name="Mail">The message on its way in.</param>
    /// <param name="Envelope">As MAIL gave it.</param>
    /// <param name="Accepted">How many recipients it has.</param>
    public sealed record InTransaction(Ready Session, IMailTransaction Mail, Envelope Envelope, int Accepted) : SmtpState
    {
        /// <summary>What came with BDAT so far; null when none did.</summary>
        public Chunks? Chunks { get; init; }
    }
}

/// <summary>A message that comes in chunks (RFC 3030 §2).</summary>
/// <param name="Decoder">Has seen what came so far.</param>
/// <param name="Started">When the first came.</param>
internal sealed record Chunks(DataDecoder Decoder, long Started);
