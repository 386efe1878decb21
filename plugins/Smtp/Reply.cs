namespace MailServer.Plugins.Smtp;

/// <summary>What the session does once a reply is sent.</summary>
internal enum Next
{
    ReadLine,
    ReadMessage,
    ReadChunk,
    StartTls,
    Close,
}

/// <summary>A reply (RFC 5321 §4.2) with its enhanced status code (RFC 2034 §4).</summary>
/// <param name="Code">The three digits.</param>
/// <param name="Status">The enhanced code; none in greetings, in answers to EHLO and HELO, and in 3xx.</param>
/// <param name="Text">One line.</param>
internal sealed record Reply(int Code, StatusCode? Status, string Text)
{
    /// <summary>More lines, before the last, which is <see cref="Text"/>.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>Replies that follow it: to the end of a message LMTP has one for each recipient (RFC 2033 §4.2).</summary>
    public IReadOnlyList<Reply> Others { get; init; } = [];

    /// <summary>What the session does then.</summary>
    public Next Next { get; init; }

    /// <summary>Whether it refuses a recipient, which careful senders cannot avoid.</summary>
    public bool IsRecipientRefusal { get; init; }

    public static Reply Ok { get; } = new(250, new(2, 0, 0), "Ok");

    /// <summary>None yet: the octets behind BDAT come first (RFC 3030 §2).</summary>
    public static Reply ReadChunk { get; } = new(0, null, "") { Next = Next.ReadChunk };

    public static Reply UnknownCommand { get; } = new(500, new(5, 5, 1), "Unknown command");

    public static Reply LineTooLong { get; } = new(500, new(5, 5, 2), "Line too long");

    public static Reply BareLineEnd { get; } = new(500, new(5, 5, 2), "A bare CR or LF in a command line; lines end with CRLF");

    public static Reply NoArgument { get; } = Syntax("This command takes no argument");

    /// <summary>The greeting said no; nothing else works (RFC 5321 §3.1).</summary>
    public static Reply RefusedConnection { get; } = new(503, new(5, 5, 1), "You were refused, only QUIT is left");

    public static Reply TooEarly { get; } = new(554, new(5, 5, 0), "You spoke before the greeting") { Next = Next.Close };

    public static Reply BytesBehindStartTls { get; } =
        new(554, new(5, 7, 0), "Nothing may follow STARTTLS before the handshake") { Next = Next.Close };

    public static Reply NotYetTls { get; } = new(502, new(5, 5, 1), "This port begins without TLS, use STARTTLS") { Next = Next.Close };

    public static Reply TooManyErrors { get; } = new(421, new(4, 7, 0), "Too many errors") { Next = Next.Close };

    public static Reply TimedOut { get; } = new(421, new(4, 4, 2), "You took too long") { Next = Next.Close };

    public static Reply Closing { get; } = new(421, new(4, 3, 2), "The server is shutting down, try again later") { Next = Next.Close };

    public static Reply ServerBug { get; } = new(451, new(4, 3, 0), "Internal error, try again later") { Next = Next.Close };

    public static Reply Syntax(string text) => new(501, new(5, 5, 4), text);

    public static Reply BadSequence(string text) => new(503, new(5, 5, 1), text);

    public static Reply From(Problem problem) => new(ReplyTable.BasicCode(problem.Status), problem.Status, problem.Text);
}
