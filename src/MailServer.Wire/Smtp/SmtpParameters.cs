using System.Text;
using System.Text.Unicode;

namespace MailServer.Wire.Smtp;

/// <summary>Reads <c>esmtp-param *(SP esmtp-param)</c> (RFC 5321 §4.1.2), each with its blank before it.</summary>
public ref struct SmtpParameters
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads what follows a path.</summary>
    public SmtpParameters(ReadOnlySpan<byte> text) => _rest = text;

    /// <summary>The keyword of the parameter last read.</summary>
    public ReadOnlySpan<byte> Keyword { get; private set; }

    /// <summary>Its value; empty when there is none.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether it had an equals sign.</summary>
    public bool HasValue { get; private set; }

    /// <summary>Why reading stopped, once <see cref="MoveNext"/> was false.</summary>
    public SmtpFault Fault { get; private set; }

    /// <summary><c>esmtp-param = esmtp-keyword ["=" esmtp-value]</c>.</summary>
    public bool MoveNext()
    {
        if (Fault != SmtpFault.None || _rest.IsEmpty)
            return false;

        var text = _rest.TrimStart((byte)' ');
        var hadBlank = text.Length < _rest.Length;
        if (hadBlank && text.IsEmpty)
            return false;
        var end = text.IndexOf((byte)' ');
        var parameter = end < 0 ? text : text[..end];
        var equals = parameter.IndexOf((byte)'=');
        Keyword = equals < 0 ? parameter : parameter[..equals];
        HasValue = equals >= 0;
        Value = HasValue ? parameter[(equals + 1)..] : default;
        if (!hadBlank || !IsKeyword(Keyword) || HasValue && !IsValue(Value))
        {
            Fault = SmtpFault.Parameter;
            return false;
        }

        _rest = end < 0 ? default : text[end..];
        return true;
    }

    /// <summary>Whether the parameter last read has this keyword.</summary>
    public readonly bool Is(ReadOnlySpan<byte> keyword) => Ascii.EqualsIgnoreCase(Keyword, keyword);

    /// <summary><c>esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")</c>.</summary>
    private static bool IsKeyword(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] == '-')
            return false;
        foreach (var octet in text)
            if (!char.IsAsciiLetterOrDigit((char)octet) && octet != '-')
                return false;
        return true;
    }

    /// <summary><c>esmtp-value = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)</c> (RFC 6531 §3.3).</summary>
    private static bool IsValue(ReadOnlySpan<byte> text) =>
        !text.IsEmpty && text.IndexOfAnyInRange((byte)0, (byte)32) < 0 && text.IndexOfAny((byte)'=', (byte)127) < 0 && Utf8.IsValid(text);
}
