using System.Buffers.Text;
using System.Text;

namespace MailServer.Wire.Pop3;

/// <summary>A command line: <c>command = keyword *(SP param) CRLF</c> (RFC 2449 §4).</summary>
public readonly ref struct Pop3Command
{
    /// <summary>The longest command line, with its CRLF (RFC 2449 §4).</summary>
    public const int MaxLine = 255;

    private Pop3Command(Pop3Verb verb, ReadOnlySpan<byte> argument)
    {
        Verb = verb;
        Argument = argument;
    }

    /// <summary>What is asked.</summary>
    public Pop3Verb Verb { get; }

    /// <summary>What follows the verb and one blank. Blanks at its end are cut, but for PASS: passwords may have some (RFC 1939 §7).</summary>
    public ReadOnlySpan<byte> Argument { get; }

    /// <summary>Reads a line without its CRLF. Never fails: what cannot be read is an unknown verb.</summary>
    public static Pop3Command Read(ReadOnlySpan<byte> line)
    {
        var blank = line.IndexOf((byte)' ');
        var verb = VerbOf(blank < 0 ? line : line[..blank]);
        var argument = blank < 0 ? default : line[(blank + 1)..];
        return new(verb, verb == Pop3Verb.Pass ? argument : argument.Trim((byte)' '));
    }

    /// <summary>Reads the argument as one message number, from 1.</summary>
    public bool TryReadMessage(out int message) => TryReadNumber(Argument, out message, out var consumed) && consumed == Argument.Length && message > 0;

    /// <summary>Reads the argument as <c>msg n</c>: a message number and how many lines (RFC 1939 §7, TOP).</summary>
    public bool TryReadTop(out int message, out int lines)
    {
        lines = 0;
        if (!TryReadNumber(Argument, out message, out var consumed) || message == 0)
            return false;
        var rest = Argument[consumed..].TrimStart((byte)' ');
        return rest.Length < Argument.Length - consumed && TryReadNumber(rest, out lines, out consumed) && consumed == rest.Length;
    }

    /// <summary>Reads the argument as <c>mechanism [initial-response]</c> (RFC 5034 §4). The response is empty when there is none.</summary>
    public void ReadAuth(out ReadOnlySpan<byte> mechanism, out ReadOnlySpan<byte> initial)
    {
        var blank = Argument.IndexOf((byte)' ');
        mechanism = blank < 0 ? Argument : Argument[..blank];
        initial = blank < 0 ? default : Argument[blank..].TrimStart((byte)' ');
    }

    /// <summary><c>1*DIGIT</c>, no sign. A number above <see cref="int.MaxValue"/> reads as that: no maildrop has so many messages or lines.</summary>
    private static bool TryReadNumber(ReadOnlySpan<byte> text, out int number, out int consumed)
    {
        consumed = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is var end and >= 0 ? end : text.Length;
        number = int.MaxValue;
        if (consumed > 0 && Utf8Parser.TryParse(text[..consumed], out int read, out _))
            number = read;
        return consumed > 0;
    }

    private static Pop3Verb VerbOf(ReadOnlySpan<byte> word) => word.Length switch
    {
        3 when Is(word, "TOP"u8) => Pop3Verb.Top,
        3 when Is(word, "GET"u8) || Is(word, "PUT"u8) => Pop3Verb.Http,
        4 => FourLetters(word),
        5 when Is(word, "PATCH"u8) || Is(word, "TRACE"u8) => Pop3Verb.Http,
        6 when Is(word, "DELETE"u8) => Pop3Verb.Http,
        7 when Is(word, "CONNECT"u8) || Is(word, "OPTIONS"u8) => Pop3Verb.Http,
        _ => Pop3Verb.Unknown,
    };

    private static Pop3Verb FourLetters(ReadOnlySpan<byte> word)
    {
        if (Is(word, "RETR"u8))
            return Pop3Verb.Retr;
        if (Is(word, "DELE"u8))
            return Pop3Verb.Dele;
        if (Is(word, "UIDL"u8))
            return Pop3Verb.Uidl;
        if (Is(word, "LIST"u8))
            return Pop3Verb.List;
        if (Is(word, "STAT"u8))
            return Pop3Verb.Stat;
        if (Is(word, "USER"u8))
            return Pop3Verb.User;
        if (Is(word, "PASS"u8))
            return Pop3Verb.Pass;
        if (Is(word, "QUIT"u8))
            return Pop3Verb.Quit;
        if (Is(word, "NOOP"u8))
            return Pop3Verb.Noop;
        if (Is(word, "RSET"u8))
            return Pop3Verb.Rset;
        if (Is(word, "CAPA"u8))
            return Pop3Verb.Capa;
        if (Is(word, "STLS"u8))
            return Pop3Verb.Stls;
        if (Is(word, "AUTH"u8))
            return Pop3Verb.Auth;
        if (Is(word, "UTF8"u8))
            return Pop3Verb.Utf8;
        if (Is(word, "LANG"u8))
            return Pop3Verb.Lang;
        return Is(word, "POST"u8) || Is(word, "HEAD"u8) ? Pop3Verb.Http : Pop3Verb.Unknown;
    }

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> verb) => Ascii.EqualsIgnoreCase(word, verb);
}
