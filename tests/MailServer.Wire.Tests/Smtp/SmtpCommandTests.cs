using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Wire.Tests.Smtp;

public sealed class SmtpCommandTests
{
    [Theory]
    [InlineData("EHLO a.example", SmtpVerb.Ehlo, "a.example")]
    [InlineData("helo a.example", SmtpVerb.Helo, "a.example")]
    [InlineData("Mail FROM:<a@b> SIZE=1", SmtpVerb.Mail, "FROM:<a@b> SIZE=1")]
    [InlineData("RCPT TO:<a@b>", SmtpVerb.Rcpt, "TO:<a@b>")]
    [InlineData("DATA", SmtpVerb.Data, "")]
    [InlineData("DATA  \t", SmtpVerb.Data, "")]
    [InlineData("rSeT", SmtpVerb.Rset, "")]
    [InlineData("NOOP  some text ", SmtpVerb.Noop, "some text")]
    [InlineData("VRFY a", SmtpVerb.Vrfy, "a")]
    [InlineData("EXPN a", SmtpVerb.Expn, "a")]
    [InlineData("HELP", SmtpVerb.Help, "")]
    [InlineData("QUIT", SmtpVerb.Quit, "")]
    [InlineData("StartTLS", SmtpVerb.StartTls, "")]
    [InlineData("AUTH PLAIN =", SmtpVerb.Auth, "PLAIN =")]
    [InlineData("GET / HTTP/1.1", SmtpVerb.Http, "/ HTTP/1.1")]
    [InlineData("POST / HTTP/1.1", SmtpVerb.Http, "/ HTTP/1.1")]
    [InlineData("PUT / HTTP/1.1", SmtpVerb.Http, "/ HTTP/1.1")]
    [InlineData("HEAD / HTTP/1.1", SmtpVerb.Http, "/ HTTP/1.1")]
    [InlineData("DELETE / HTTP/1.1", SmtpVerb.Http, "/ HTTP/1.1")]
    [InlineData("OPTIONS * HTTP/1.1", SmtpVerb.Http, "* HTTP/1.1")]
    [InlineData("CONNECT a:80 HTTP/1.1", SmtpVerb.Http, "a:80 HTTP/1.1")]
    [InlineData("", SmtpVerb.Unknown, "")]
    [InlineData(" NOOP", SmtpVerb.Unknown, "NOOP")]
    [InlineData("DATAX", SmtpVerb.Unknown, "")]
    [InlineData("BDAT 1 LAST", SmtpVerb.Bdat, "1 LAST")]
    [InlineData("NOOP\0", SmtpVerb.Unknown, "")]
    [InlineData("NOOP a\rb", SmtpVerb.Unknown, "")]
    [InlineData("NOOP a\x7f", SmtpVerb.Unknown, "")]
    [InlineData("NOOP\ta", SmtpVerb.Unknown, "")]
    public void Reads_verb_and_argument(string line, SmtpVerb verb, string argument)
    {
        var command = SmtpCommand.Read(Encoding.Latin1.GetBytes(line));
        Assert.Equal(verb, command.Verb);
        Assert.Equal(argument, Encoding.Latin1.GetString(command.Argument));
    }

    [Theory]
    [InlineData("FROM:<a@b>", null, false, false)]
    [InlineData("from: <a@b>", null, false, false)]
    [InlineData("FROM:<>", null, false, false)]
    [InlineData("FROM:<a@b> SIZE=1000", 1000L, false, false)]
    [InlineData("FROM:<a@b> size=0", 0L, false, false)]
    [InlineData("FROM:<a@b> SIZE=99999999999999999999", long.MaxValue, false, false)]
    [InlineData("FROM:<a@b> BODY=8BITMIME", null, true, false)]
    [InlineData("FROM:<a@b> body=7bit", null, false, false)]
    [InlineData("FROM:<a@b>  SMTPUTF8  BODY=8bitmime SIZE=5 ", 5L, true, true)]
    [InlineData("FROM:<a@b> AUTH=<>", null, false, false)]
    [InlineData("FROM:<a@b> AUTH=e+3Dmc2@example.com", null, false, false)]
    public void Reads_MAIL(string argument, long? size, bool is8Bit, bool isUtf8)
    {
        Assert.Equal(SmtpFault.None, MailCommand.TryRead(Encoding.UTF8.GetBytes(argument), SmtpExtensions.Auth, out var command));
        Assert.Equal(size, command.Size);
        Assert.Equal(is8Bit, command.Is8BitMime);
        Assert.Equal(isUtf8, command.IsUtf8);
    }

    [Theory]
    [InlineData("", SmtpFault.Keyword)]
    [InlineData("<a@b>", SmtpFault.Keyword)]
    [InlineData("TO:<a@b>", SmtpFault.Keyword)]
    [InlineData("FROM <a@b>", SmtpFault.Keyword)]
    [InlineData("FROM :<a@b>", SmtpFault.Keyword)]
    [InlineData("FROM:", SmtpFault.Path)]
    [InlineData("FROM:a", SmtpFault.Path)]
    [InlineData("FROM:<a@b>SIZE=1", SmtpFault.Parameter)]
    [InlineData("FROM:<a@b> =1", SmtpFault.Parameter)]
    [InlineData("FROM:<a@b> SIZE=1=2", SmtpFault.Parameter)]
    [InlineData("FROM:<a@b> -X=1", SmtpFault.Parameter)]
    [InlineData("FROM:<a@b> X_Y=1", SmtpFault.Parameter)]
    [InlineData("FROM:<a@b> SIZE=", SmtpFault.Parameter)]
    [InlineData("FROM:<a@b> SIZE", SmtpFault.ParameterValue)]
    [InlineData("FROM:<a@b> SIZE=-1", SmtpFault.ParameterValue)]
    [InlineData("FROM:<a@b> SIZE=1x", SmtpFault.ParameterValue)]
    [InlineData("FROM:<a@b> SIZE=123456789012345678901", SmtpFault.ParameterValue)]
    [InlineData("FROM:<a@b> SIZE=1 SIZE=1", SmtpFault.RepeatedParameter)]
    [InlineData("FROM:<a@b> BODY=7BIT body=8BITMIME", SmtpFault.RepeatedParameter)]
    [InlineData("FROM:<a@b> SMTPUTF8 SMTPUTF8", SmtpFault.RepeatedParameter)]
    [InlineData("FROM:<a@b> SMTPUTF8=1", SmtpFault.ParameterValue)]
    [InlineData("FROM:<a@b> BODY=BINARYMIME", SmtpFault.ParameterValue)]
    [InlineData("FROM:<a@b> BODY", SmtpFault.ParameterValue)]
    [InlineData("FROM:<a@b> RET=HDRS", SmtpFault.UnknownParameter)]
    [InlineData("FROM:<a@b> AUTH=<>", SmtpFault.UnknownParameter)]
    public void Refuses_a_wrong_MAIL(string argument, SmtpFault fault) =>
        Assert.Equal(fault, MailCommand.TryRead(Encoding.UTF8.GetBytes(argument), SmtpExtensions.None, out _));

    [Theory]
    [InlineData("TO:<a@b>", SmtpFault.None)]
    [InlineData("to: <a@b> ", SmtpFault.None)]
    [InlineData("TO:<Postmaster>", SmtpFault.None)]
    [InlineData("TO:<>", SmtpFault.Path)]
    [InlineData("LALA: <>", SmtpFault.Keyword)]
    [InlineData("FROM:<a@b>", SmtpFault.Keyword)]
    [InlineData("TO:<a@b> NOTIFY=NEVER", SmtpFault.UnknownParameter)]
    [InlineData("TO:<a@b>,<c@d>", SmtpFault.Parameter)]
    public void Reads_RCPT(string argument, SmtpFault fault) =>
        Assert.Equal(fault, RcptCommand.TryRead(Encoding.UTF8.GetBytes(argument), SmtpExtensions.None, out _));

    [Theory]
    [InlineData("FROM:<a@b> RET=FULL ENVID=QQ314159", true, "QQ314159")]
    [InlineData("FROM:<a@b> envid=a+20b+2Bc+3D ret=hdrs", false, "a b+c=")]
    [InlineData("FROM:<a@b> ENVID=x", null, "x")]
    public void Reads_what_notices_of_a_MAIL_are_to_say(string argument, bool? returnsAll, string envelopeId)
    {
        Assert.Equal(SmtpFault.None, MailCommand.TryRead(Encoding.UTF8.GetBytes(argument), SmtpExtensions.Dsn, out var command));
        Assert.Equal(returnsAll, command.ReturnsAll);
        Span<byte> decoded = new byte[100];
        Assert.True(Xtext.TryDecode(command.EnvelopeId, decoded, out var length));
        Assert.Equal(envelopeId, Encoding.UTF8.GetString(decoded[..length]));
    }

    [Theory]
    [InlineData("RET=ALL")]
    [InlineData("RET")]
    [InlineData("ENVID=a+0Db")]
    [InlineData("ENVID=a+0")]
    [InlineData("ENVID=a+GG")]
    [InlineData("ENVID=a+E4")]
    [InlineData("ENVID=ä")]
    [InlineData("ENVID")]
    [InlineData("BY=;R")]
    [InlineData("BY=10")]
    [InlineData("BY=10;")]
    [InlineData("BY=10;X")]
    [InlineData("BY=0;R")]
    [InlineData("BY=-1;R")]
    [InlineData("BY=1234567890;N")]
    [InlineData("BY=10;RTT")]
    [InlineData("BY=-;N")]
    [InlineData("MT-PRIORITY=10")]
    [InlineData("MT-PRIORITY=-0")]
    [InlineData("MT-PRIORITY=+1")]
    [InlineData("MT-PRIORITY=-")]
    [InlineData("MT-PRIORITY")]
    [InlineData("REQUIRETLS=YES")]
    [InlineData("HOLDFOR=-1")]
    [InlineData("HOLDFOR=1234567890")]
    [InlineData("HOLDUNTIL=tomorrow")]
    [InlineData("HOLDUNTIL=2026-11-25")]
    public void Refuses_a_wrong_value(string parameter) =>
        Assert.Equal(SmtpFault.ParameterValue, MailCommand.TryRead(Encoding.UTF8.GetBytes($"FROM:<a@b> {parameter}"), (SmtpExtensions)63, out _));

    [Theory]
    [InlineData("RET=FULL RET=HDRS")]
    [InlineData("ENVID=a ENVID=b")]
    [InlineData("BY=1;R BY=1;R")]
    [InlineData("MT-PRIORITY=1 MT-PRIORITY=1")]
    [InlineData("REQUIRETLS REQUIRETLS")]
    [InlineData("HOLDFOR=1 HOLDUNTIL=2026-11-25T00:00:00Z")]
    public void Refuses_a_parameter_twice(string parameters) =>
        Assert.Equal(SmtpFault.RepeatedParameter, MailCommand.TryRead(Encoding.UTF8.GetBytes($"FROM:<a@b> {parameters}"), (SmtpExtensions)63, out _));

    [Fact]
    public void An_envelope_id_and_an_original_recipient_have_their_lengths()
    {
        Assert.Equal(SmtpFault.None, Mail($"ENVID={new string('x', 94)}"));
        Assert.Equal(SmtpFault.ParameterValue, Mail($"ENVID={new string('x', 95)}"));
        Assert.Equal(SmtpFault.None, Rcpt($"ORCPT=rfc822;{new string('x', 487)}"));
        Assert.Equal(SmtpFault.ParameterValue, Rcpt($"ORCPT=rfc822;{new string('x', 488)}"));

        static SmtpFault Mail(string parameter) => MailCommand.TryRead(Encoding.UTF8.GetBytes($"FROM:<a@b> {parameter}"), SmtpExtensions.Dsn, out _);
        static SmtpFault Rcpt(string parameter) => RcptCommand.TryRead(Encoding.UTF8.GetBytes($"TO:<a@b> {parameter}"), SmtpExtensions.Dsn, out _);
    }

    [Fact]
    public void Reads_the_times_and_the_priority_of_a_MAIL()
    {
        var line = "FROM:<a@b> BY=-120;nt MT-PRIORITY=-7 HOLDUNTIL=2026-11-25T10:00:00Z REQUIRETLS"u8;
        Assert.Equal(SmtpFault.None, MailCommand.TryRead(line, (SmtpExtensions)63, out var command));
        Assert.Equal(new ByTime(-120, IsReturned: false, IsTraced: true), command.By);
        Assert.Equal(-7, command.Priority);
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero), command.Hold!.Value.Until);
        Assert.True(command.RequiresTls);
    }

    [Theory]
    [InlineData("NOTIFY=NEVER", SmtpFault.None, NotifyList.Never, "")]
    [InlineData("notify=success,Failure,DELAY", SmtpFault.None, NotifyList.Success | NotifyList.Failure | NotifyList.Delay, "")]
    [InlineData("ORCPT=rfc822;Bob+2Bx@example.com NOTIFY=SUCCESS", SmtpFault.None, NotifyList.Success, "rfc822;Bob+2Bx@example.com")]
    [InlineData("ORCPT=utf-8;müller@example.com", SmtpFault.None, null, "utf-8;müller@example.com")]
    [InlineData("ORCPT=rfc822;müller@example.com", SmtpFault.ParameterValue, null, "")]
    [InlineData("ORCPT=rfc822;", SmtpFault.ParameterValue, null, "")]
    [InlineData("ORCPT=;a@b", SmtpFault.ParameterValue, null, "")]
    [InlineData("ORCPT=a@b", SmtpFault.ParameterValue, null, "")]
    [InlineData("ORCPT=rfc822;a+0Ab", SmtpFault.ParameterValue, null, "")]
    [InlineData("ORCPT=rfc822;a ORCPT=rfc822;a", SmtpFault.RepeatedParameter, null, "")]
    [InlineData("NOTIFY=NEVER,SUCCESS", SmtpFault.ParameterValue, null, "")]
    [InlineData("NOTIFY=SUCCESS,", SmtpFault.ParameterValue, null, "")]
    [InlineData("NOTIFY", SmtpFault.ParameterValue, null, "")]
    [InlineData("NOTIFY=SUCCESS NOTIFY=NEVER", SmtpFault.RepeatedParameter, null, "")]
    [InlineData("SIZE=1", SmtpFault.UnknownParameter, null, "")]
    public void Reads_what_is_to_be_told_of_a_recipient(string parameters, SmtpFault fault, NotifyList? notify, string original)
    {
        Assert.Equal(fault, RcptCommand.TryRead(Encoding.UTF8.GetBytes($"TO:<a@b> {parameters}"), SmtpExtensions.Dsn, out var command));
        Assert.Equal(notify, command.Notify);
        Assert.Equal(original, Encoding.UTF8.GetString(command.OriginalRecipient));
    }

    [Fact]
    public void What_is_encoded_as_xtext_is_decoded_again()
    {
        var octets = new byte[256];
        for (var i = 0; i < octets.Length; i++)
            octets[i] = (byte)i;
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Xtext.Encode(octets, output);
        Assert.True(Xtext.TryDecode(output.WrittenSpan, octets = new byte[256], out var length));
        Assert.Equal(256, length);
        Assert.Equal(Enumerable.Range(0, 256), octets.Select(octet => (int)octet));
    }

    [Fact]
    public void Reading_a_RCPT_line_allocates_nothing()
    {
        var isRight = true;
        for (var i = 0; i < 100; i++)
            isRight &= Read();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            isRight &= Read();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(isRight);

        static bool Read()
        {
            var command = SmtpCommand.Read("RCPT TO:<\"alice b\"@example.org>"u8);
            var fault = RcptCommand.TryRead(command.Argument, SmtpExtensions.Dsn, out var rcpt);
            Span<byte> local = stackalloc byte[SmtpPath.MaxLocalPart];
            return fault == SmtpFault.None && rcpt.ForwardPath.WriteLocalPart(local) == 7;
        }
    }
}
