using System.Buffers.Text;
using System.Text;

namespace MailServer.Wire.Smtp;

/// <summary><c>mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]</c> (RFC 5321 §4.1.1.2) with the parameters of the extensions we offer.</summary>
public readonly ref struct MailCommand
{
    /// <summary>Where reports about the message go.</summary>
    public SmtpPath ReversePath { get; private init; }

    /// <summary><c>SIZE</c> (RFC 1870 §6), or null. More than a long holds reads as <see cref="long.MaxValue"/>.</summary>
    public long? Size { get; private init; }

    /// <summary><c>BODY=8BITMIME</c> (RFC 6152 §2).</summary>
    public bool Is8BitMime { get; private init; }

    /// <summary><c>SMTPUTF8</c> (RFC 6531 §3.4).</summary>
    public bool IsUtf8 { get; private init; }

    /// <summary><c>RET</c> (RFC 3461 §4.3): whether a notice of failure returns all of the message; null when it was not said.</summary>
    public bool? ReturnsAll { get; private init; }

    /// <summary><c>ENVID</c> (RFC 3461 §4.4) as xtext that can be decoded; empty without one.</summary>
    public ReadOnlySpan<byte> EnvelopeId { get; private init; }

    /// <summary><c>REQUIRETLS</c> (RFC 8689 §2).</summary>
    public bool RequiresTls { get; private init; }

    /// <summary><c>BY</c> (RFC 2852 §4), or null.</summary>
    public ByTime? By { get; private init; }

    /// <summary><c>MT-PRIORITY</c> (RFC 6710 §4), or null.</summary>
    public int? Priority { get; private init; }

    /// <summary><c>HOLDFOR</c> or <c>HOLDUNTIL</c> (RFC 4865 §4), or null.</summary>
    public HoldTime? Hold { get; private init; }

    /// <summary>Reads the argument of MAIL. <c>AUTH=</c> (RFC 4954 §5) is read and forgotten where it is offered: we trust nobody's word for a submitter.</summary>
    public static SmtpFault TryRead(ReadOnlySpan<byte> argument, SmtpExtensions offered, out MailCommand command)
    {
        command = default;
        if (!SmtpCommand.TryTakePrefix(ref argument, "FROM:"u8))
            return SmtpFault.Keyword;
        var fault = SmtpPath.TryReadReversePath(argument, out var path, out var consumed);
        if (fault != SmtpFault.None)
            return fault;

        var read = new Parameters();
        var parameters = new SmtpParameters(argument[consumed..]);
        while (parameters.MoveNext())
            if (read.Take(parameters, offered) is not SmtpFault.None and var wrong)
                return wrong;
        if (parameters.Fault != SmtpFault.None)
            return parameters.Fault;
        command = new()
        {
            ReversePath = path,
            Size = read.Size,
            Is8BitMime = read.Body ?? false,
            IsUtf8 = read.IsUtf8,
            ReturnsAll = read.ReturnsAll,
            EnvelopeId = read.EnvelopeId,
            RequiresTls = read.RequiresTls,
            By = read.By,
            Priority = read.Priority,
            Hold = read.Hold,
        };
        return SmtpFault.None;
    }

    /// <summary>What has been read of the parameters so far.</summary>
    private ref struct Parameters
    {
        private bool _auth;
        public long? Size;
        public bool? Body;
        public bool IsUtf8;
        public bool? ReturnsAll;
        public ReadOnlySpan<byte> EnvelopeId;
        public bool RequiresTls;
        public ByTime? By;
        public int? Priority;
        public HoldTime? Hold;

        public SmtpFault Take(in SmtpParameters one, SmtpExtensions offered)
        {
            if (one.Is("SIZE"u8))
                return ReadSize(one.Value, ref Size);
            if (one.Is("BODY"u8))
                return ReadBody(one.Value, ref Body);
            if (one.Is("SMTPUTF8"u8))
                return ReadFlag(one.HasValue, ref IsUtf8);
            if ((offered & SmtpExtensions.Auth) != 0 && one.Is("AUTH"u8))
                return ReadFlag(!one.HasValue, ref _auth);
            if ((offered & SmtpExtensions.Dsn) != 0 && one.Is("RET"u8))
                return DsnParameters.ReadReturn(one.Value, ref ReturnsAll);
            if ((offered & SmtpExtensions.Dsn) != 0 && one.Is("ENVID"u8))
                return DsnParameters.ReadEnvelopeId(one.Value, ref EnvelopeId);
            if ((offered & SmtpExtensions.RequireTls) != 0 && one.Is("REQUIRETLS"u8))
                return ReadFlag(one.HasValue, ref RequiresTls);
            if ((offered & SmtpExtensions.DeliverBy) != 0 && one.Is("BY"u8))
                return ByTime.Read(one.Value, ref By);
            if ((offered & SmtpExtensions.Priority) != 0 && one.Is("MT-PRIORITY"u8))
                return ReadPriority(one.Value, ref Priority);
            if ((offered & SmtpExtensions.FutureRelease) != 0 && one.Is("HOLDFOR"u8))
                return HoldTime.ReadFor(one.Value, ref Hold);
            return (offered & SmtpExtensions.FutureRelease) != 0 && one.Is("HOLDUNTIL"u8) ? HoldTime.ReadUntil(one.Value, ref Hold) : SmtpFault.UnknownParameter;
        }
    }

    /// <summary><c>priority-value = (["-"] NZDIGIT) / "0"</c> (RFC 6710 §7).</summary>
    private static SmtpFault ReadPriority(ReadOnlySpan<byte> value, ref int? priority)
    {
        if (priority is not null)
            return SmtpFault.RepeatedParameter;
        var digit = value is [(byte)'-', ..] ? value[1..] : value;
        if (digit is not [>= (byte)'0' and <= (byte)'9'] || digit[0] == '0' && value.Length > 1)
            return SmtpFault.ParameterValue;
        priority = value.Length == 1 ? digit[0] - '0' : '0' - digit[0];
        return SmtpFault.None;
    }

    /// <summary><c>size-value = 1*20DIGIT</c> (RFC 1870 §6).</summary>
    private static SmtpFault ReadSize(ReadOnlySpan<byte> value, ref long? size)
    {
        if (size is not null)
            return SmtpFault.RepeatedParameter;
        if (value.Length is 0 or > 20 || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
            return SmtpFault.ParameterValue;
        size = Utf8Parser.TryParse(value, out long number, out var read) && read == value.Length ? number : long.MaxValue;
        return SmtpFault.None;
    }

    /// <summary><c>body-value = "7BIT" / "8BITMIME"</c> (RFC 6152 §2).</summary>
    private static SmtpFault ReadBody(ReadOnlySpan<byte> value, ref bool? body)
    {
        if (body is not null)
            return SmtpFault.RepeatedParameter;
        body = Ascii.EqualsIgnoreCase(value, "8BITMIME"u8);
        return body.Value || Ascii.EqualsIgnoreCase(value, "7BIT"u8) ? SmtpFault.None : SmtpFault.ParameterValue;
    }

    private static SmtpFault ReadFlag(bool isWrong, ref bool flag)
    {
        if (flag)
            return SmtpFault.RepeatedParameter;
        flag = true;
        return isWrong ? SmtpFault.ParameterValue : SmtpFault.None;
    }
}
