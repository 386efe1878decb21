using System.Text;

namespace MailServer.Wire.Smtp;

/// <summary>A command line: <c>verb [SP argument]</c> (RFC 5321 §4.1.1).</summary>
public readonly ref struct SmtpCommand
{
    private SmtpCommand(SmtpVerb verb, ReadOnlySpan<byte> argument)
    {
        Verb = verb;
        Argument = argument;
    }

    /// <summary>What is asked; <see cref="SmtpVerb.Unknown"/> also for a line with control characters.</summary>
    public SmtpVerb Verb { get; }

    /// <summary>What follows the verb, without blanks around it.</summary>
    public ReadOnlySpan<byte> Argument { get; }

    /// <summary>Reads a line without its CRLF. Never fails: what cannot be read is an unknown verb.</summary>
    public static SmtpCommand Read(ReadOnlySpan<byte> line)
    {
        // RFC 5321 §4.1.1: white space before the CRLF should be tolerated.
        line = line.TrimEnd(" \t"u8);
        var blank = line.IndexOf((byte)' ');
        var word = blank < 0 ? line : line[..blank];
        var argument = blank < 0 ? default : line[blank..].TrimStart((byte)' ');
        return line.IndexOfAnyInRange((byte)0, (byte)31) >= 0 || line.Contains((byte)127)
            ? new(SmtpVerb.Unknown, default)
            : new(VerbOf(word), argument);
    }

    /// <summary>Reads <c>FROM:</c> or <c>TO:</c>, in any case, and gives what follows; blanks after the colon are tolerated, as everybody does.</summary>
    internal static bool TryTakePrefix(ref ReadOnlySpan<byte> argument, ReadOnlySpan<byte> prefix)
    {
        if (argument.Length < prefix.Length || !Ascii.EqualsIgnoreCase(argument[..prefix.Length], prefix))
            return false;
        argument = argument[prefix.Length..].TrimStart((byte)' ');
        return true;
    }

    private static SmtpVerb VerbOf(ReadOnlySpan<byte> word) => word.Length switch
    {
        4 => FourLetters(word),
        8 when Is(word, "STARTTLS"u8) => SmtpVerb.StartTls,
        3 when Is(word, "GET"u8) || Is(word, "PUT"u8) => SmtpVerb.Http,
        5 when Is(word, "PATCH"u8) || Is(word, "TRACE"u8) => SmtpVerb.Http,
        6 when Is(word, "DELETE"u8) => SmtpVerb.Http,
        7 when Is(word, "CONNECT"u8) || Is(word, "OPTIONS"u8) => SmtpVerb.Http,
        _ => SmtpVerb.Unknown,
    };

    private static SmtpVerb FourLetters(ReadOnlySpan<byte> word)
    {
        if (Is(word, "RCPT"u8))
            return SmtpVerb.Rcpt;
        if (Is(word, "MAIL"u8))
            return SmtpVerb.Mail;
        if (Is(word, "DATA"u8))
            return SmtpVerb.Data;
        if (Is(word, "EHLO"u8))
            return SmtpVerb.Ehlo;
        if (Is(word, "HELO"u8))
            return SmtpVerb.Helo;
        if (Is(word, "RSET"u8))
            return SmtpVerb.Rset;
        if (Is(word, "NOOP"u8))
            return SmtpVerb.Noop;
        if (Is(word, "QUIT"u8))
            return SmtpVerb.Quit;
        if (Is(word, "AUTH"u8))
            return SmtpVerb.Auth;
        if (Is(word, "VRFY"u8))
            return SmtpVerb.Vrfy;
        if (Is(word, "EXPN"u8))
            return SmtpVerb.Expn;
        if (Is(word, "HELP"u8))
            return SmtpVerb.Help;
        if (Is(word, "BDAT"u8))
            return SmtpVerb.Bdat;
        if (Is(word, "LHLO"u8))
            return SmtpVerb.Lhlo;
        return Is(word, "POST"u8) || Is(word, "HEAD"u8) ? SmtpVerb.Http : SmtpVerb.Unknown;
    }

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> verb) => Ascii.EqualsIgnoreCase(word, verb);
}
