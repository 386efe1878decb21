namespace MailServer.Wire.Imap;

/// <summary>What <see cref="RequestReader.Read"/> has found.</summary>
public enum RequestEvent
{
    /// <summary>The input is used up.</summary>
    NeedMore,
    /// <summary>The client waits for a <c>+</c> before it sends a literal that will be accepted.</summary>
    Continue,
    /// <summary>The literal that comes is APPEND's message: read it from the input, or refuse it.</summary>
    Message,
    /// <summary>A whole request (or line) is there.</summary>
    Request,
    /// <summary>A request was refused, and all that belongs to it has been consumed.</summary>
    Refused,
    /// <summary>Too much would have to be thrown away: the connection should end.</summary>
    Hopeless,
}

/// <summary>Why a request is refused.</summary>
public enum RequestFault
{
    /// <summary>It is not.</summary>
    None,
    /// <summary>A line is longer than <see cref="RequestLimits.LineOctets"/>.</summary>
    LineTooLong,
    /// <summary>A literal is longer than <see cref="RequestLimits.LiteralOctets"/>.</summary>
    LiteralTooLong,
    /// <summary>The whole is longer than <see cref="RequestLimits.RequestOctets"/>.</summary>
    RequestTooLong,
    /// <summary>The caller did not want the message.</summary>
    MessageRefused,
    /// <summary>There is no tag, or it is none.</summary>
    BadTag,
    /// <summary>No such command.</summary>
    UnknownCommand,
    /// <summary>The arguments are not what the command takes.</summary>
    BadArguments,
    /// <summary>More keys, items or names than <see cref="GrammarLimits"/> allows.</summary>
    TooMany,
    /// <summary>Parentheses deeper than <see cref="GrammarLimits.Depth"/>.</summary>
    TooDeep,
}
