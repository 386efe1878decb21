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
    [InlineData("BDAT 1 LAST", SmtpVerb.Unknown, "1 LAST")]
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
        Assert.Equal(SmtpFault.None, MailCommand.TryRead(Encoding.UTF8.GetBytes(argument), hasAuth: true, out var command));
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
        Assert.Equal(fault, MailCommand.TryRead(Encoding.UTF8.GetBytes(argument), hasAuth: false, out _));

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
        Assert.Equal(fault, RcptCommand.TryRead(Encoding.UTF8.GetBytes(argument), out _));

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
            var fault = RcptCommand.TryRead(command.Argument, out var rcpt);
            Span<byte> local = stackalloc byte[SmtpPath.MaxLocalPart];
            return fault == SmtpFault.None && rcpt.ForwardPath.WriteLocalPart(local) == 7;
        }
    }
}
