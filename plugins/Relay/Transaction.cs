using System.Buffers;
using System.Globalization;
using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Relay;

/// <summary>One message over one session (RFC 5321 §3.3): MAIL, RCPT for each recipient, DATA, in one go where the server takes it so (RFC 2920).</summary>
internal sealed class Transaction(RelaySession session, IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients)
{
    // Written at once, so that a large message never lies in memory.
    private const int BlockSize = 32 * 1024;

    private static readonly Problem NeedsEightBit = new(new(5, 6, 3), "The server takes no 8-bit mail, and mail is not rewritten here");

    private static readonly Problem NeedsUtf8 = new(new(5, 6, 7), "The server takes no addresses or headers that are not ASCII");

    private static readonly Problem TooBig = new(new(5, 3, 4), "The message is larger than the server takes");

    private readonly SendResult?[] _results = new SendResult?[recipients.Count];

    /// <summary>Runs it. The second value says whether the session is at a boundary, so that another message may follow.</summary>
    public async ValueTask<(IReadOnlyList<SendResult> Results, bool IsClean)> RunAsync(CancellationToken cancellationToken)
    {
        var isClean = false;
        try
        {
            isClean = await SendAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RelayException e)
        {
            Settle(e.Reply, e.Problem);
        }

        return (_results.Select(result => result!).ToArray(), isClean);
    }

    private async ValueTask<bool> SendAsync(CancellationToken cancellationToken)
    {
        var facts = await MessageFacts.OfAsync(message, cancellationToken).ConfigureAwait(false);
        if (ProblemOf(facts) is { } problem)
        {
            Settle(null, problem);
            return true;
        }

        var mail = MailCommand();
        if (!session.Extensions.Pipelining)
            return await StepwiseAsync(mail, cancellationToken).ConfigureAwait(false);

        var commands = new StringBuilder(mail).Append("\r\n");
        foreach (var recipient in recipients)
            commands.Append(RcptCommand(recipient)).Append("\r\n");
        commands.Append("DATA\r\n");
        await session.Connection.WriteAsync(Encoding.UTF8.GetBytes(commands.ToString()), TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        var begun = await session.Connection.ReadReplyAsync(TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < recipients.Count; i++)
            Judge(i, begun, await session.Connection.ReadReplyAsync(TimeLimits.Command, cancellationToken).ConfigureAwait(false));
        return await DataAsync(await session.Connection.ReadReplyAsync(TimeLimits.DataBegin, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> StepwiseAsync(string mail, CancellationToken cancellationToken)
    {
        var begun = await session.AskAsync(mail, TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < recipients.Count; i++)
            Judge(i, begun, begun.IsPositive ? await session.AskAsync(RcptCommand(recipients[i]), TimeLimits.Command, cancellationToken).ConfigureAwait(false) : begun);
        if (_results.All(result => result is not null))
            return await ResetAsync(cancellationToken).ConfigureAwait(false);
        return await DataAsync(await session.AskAsync("DATA", TimeLimits.DataBegin, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> DataAsync(Reply reply, CancellationToken cancellationToken)
    {
        var isWanted = _results.Any(result => result is null);
        // RFC 2920 §3.1: a server that wants a message for nobody gets none; the connection is given up instead.
        if (reply.IsIntermediate && !isWanted)
            return false;
        if (reply.Code != 354)
        {
            if (isWanted)
                Settle(reply, reply.Problem);
            return reply.Code != 421 && !reply.IsIntermediate && await ResetAsync(cancellationToken).ConfigureAwait(false);
        }

        Reply answer;
        session.HasSentData = true;
        try
        {
            await WriteMessageAsync(cancellationToken).ConfigureAwait(false);
            answer = await session.Connection.ReadReplyAsync(TimeLimits.DataEnd, cancellationToken).ConfigureAwait(false);
        }
        catch (RelayException e) when (e.Reply is null)
        {
            // Some say why before they hang up; without a no for good it is tried again, at the risk of a double (RFC 1047).
            answer = await LastWordAsync(e, cancellationToken).ConfigureAwait(false);
            if (answer.Code < 500)
                throw;
            Settle(answer, answer.Problem);
            return false;
        }

        if (answer.IsPositive)
            Settle(answer, null);
        else
            Settle(answer, answer.Problem);
        return answer.IsPositive || answer.Code >= 400 && answer.Code != 421;
    }

    private async ValueTask<Reply> LastWordAsync(RelayException failure, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Connection.ReadReplyAsync(TimeLimits.Quit, cancellationToken).ConfigureAwait(false);
        }
        catch (RelayException)
        {
            throw failure;
        }
    }

    private async ValueTask WriteMessageAsync(CancellationToken cancellationToken)
    {
        var encoder = new DataEncoder();
        var output = new ArrayBufferWriter<byte>(BlockSize + 1024);
        var input = ArrayPool<byte>.Shared.Rent(BlockSize / 2);
        try
        {
            var file = Open();
            await using (file.ConfigureAwait(false))
                while (await ReadAsync(file, input, cancellationToken).ConfigureAwait(false) is > 0 and var count)
                {
                    encoder.Encode(input.AsSpan(0, count), output);
                    if (output.WrittenCount < BlockSize)
                        continue;
                    await session.Connection.WriteAsync(output.WrittenMemory, TimeLimits.DataBlock, cancellationToken).ConfigureAwait(false);
                    output.ResetWrittenCount();
                }

            encoder.End(output);
            await session.Connection.WriteAsync(output.WrittenMemory, TimeLimits.DataBlock, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(input);
        }
    }

    // A disk that fails within the message: the connection ends without the end mark, so the server has nothing.
    private Stream Open()
    {
        try
        {
            return message.OpenRead();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RelayException(Problem.Unavailable, null, e);
        }
    }

    private static async ValueTask<int> ReadAsync(Stream file, byte[] input, CancellationToken cancellationToken)
    {
        try
        {
            return await file.ReadAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new RelayException(Problem.Unavailable, null, e);
        }
    }

    private async ValueTask<bool> ResetAsync(CancellationToken cancellationToken) =>
        (await session.AskAsync("RSET", TimeLimits.Command, cancellationToken).ConfigureAwait(false)).IsPositive;

    private Problem? ProblemOf(MessageFacts facts)
    {
        var extensions = session.Extensions;
        if (extensions.MaxSize > 0 && message.Size > extensions.MaxSize)
            return TooBig;                                                                                          // RFC 1870 §6.1
        var hasAsciiPaths = IsAscii(message.ReversePath) && recipients.All(recipient => IsAscii(recipient));
        if (!extensions.Utf8 && (!hasAsciiPaths || message.IsUtf8 && facts.HasUtf8Header))
            return NeedsUtf8;                                                                                       // RFC 6531 §3.2
        _isUtf8 = extensions.Utf8 && (message.IsUtf8 || !hasAsciiPaths);
        _isEightBit = facts.IsEightBit;
        return facts.IsEightBit && !extensions.EightBit ? NeedsEightBit : null;                                     // RFC 6152 §3
    }

    private bool _isUtf8;
    private bool _isEightBit;

    private string MailCommand()
    {
        var command = new StringBuilder("MAIL FROM:<").Append(Path(message.ReversePath)).Append('>');
        if (session.Extensions.HasSize)
            command.Append(CultureInfo.InvariantCulture, $" SIZE={message.Size}");
        if (_isEightBit)
            command.Append(" BODY=8BITMIME");
        if (_isUtf8)
            command.Append(" SMTPUTF8");
        var terms = message.Terms;
        if (terms.RequiresTls && session.IsStrict && message.ReversePath is not null)
            command.Append(" REQUIRETLS");
        // RFC 3461 §5.2.1: passed on as it came.
        if (session.Extensions.Dsn && terms.Return is { } content)
            command.Append(content == ReturnedContent.Full ? " RET=FULL" : " RET=HDRS");
        if (session.Extensions.Dsn && terms.EnvelopeId is { Length: > 0 } name)
            command.Append(" ENVID=").Append(Xtext(name));
        if (session.Extensions.Priority && terms.Priority is { } priority)
            command.Append(CultureInfo.InvariantCulture, $" MT-PRIORITY={priority}");
        return command.ToString();
    }

    private string RcptCommand(EmailAddress recipient)
    {
        var command = $"RCPT TO:<{Path(recipient)}>";
        var terms = message.TermsOf(recipient);
        if (!session.Extensions.Dsn)
            return command;
        if (terms.Notify is { } on)
            command += " NOTIFY=" + (on == NotifyOn.Never ? "NEVER" : string.Join(',', new[] { (NotifyOn.Success, "SUCCESS"), (NotifyOn.Failure, "FAILURE"), (NotifyOn.Delay, "DELAY") }
                .Where(word => (on & word.Item1) != 0).Select(word => word.Item2)));
        // RFC 6533 §3 has a form of its own for what is not ASCII; who meant it is then not told to servers.
        if (terms.OriginalRecipient is { } original && original.IndexOf(';', StringComparison.Ordinal) is > 0 and var at && Ascii.IsValid(original))
            command += $" ORCPT={original[..at]};{Xtext(original[(at + 1)..])}";
        return command;
    }

    /// <summary><c>xtext</c> (RFC 3461 §4).</summary>
    private static string Xtext(string text) => string.Concat(text.Select(c => c is >= '!' and <= '~' and not ('+' or '=') ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"+{(int)c:X2}")));

    private void Judge(int index, Reply mail, Reply reply)
    {
        if (!mail.IsPositive)
            _results[index] = ResultOf(mail, mail.Problem);
        // RFC 5321 §4.5.3.1.10: many old servers say 552 where 452 is meant.
        else if (reply.Code == 552)
            _results[index] = ResultOf(reply, reply.Problem with { Status = reply.Problem.Status with { Class = 4 } });
        else if (!reply.IsPositive)
            _results[index] = ResultOf(reply, reply.Problem);
    }

    /// <summary>One answer for all who have none yet.</summary>
    private void Settle(Reply? reply, Problem? problem)
    {
        for (var i = 0; i < _results.Length; i++)
            _results[i] ??= ResultOf(reply, problem);
    }

    private SendResult ResultOf(Reply? reply, Problem? problem) => new() { Problem = problem, Server = session.Host.Name, Reply = reply?.Text, TakesTerms = session.Extensions.Dsn };

    private static bool IsAscii(EmailAddress? address) => address is not { } path || Ascii.IsValid(path.LocalPart) && Ascii.IsValid(path.Domain);

    /// <summary><c>Local-part = Dot-string / Quoted-string</c> (RFC 5321 §4.1.2).</summary>
    /// <exception cref="RelayException">A path that would be two commands.</exception>
    private static string Path(EmailAddress? address)
    {
        if (address is not { } path)
            return "";
        if (path.LocalPart.Any(char.IsControl) || path.Domain.Any(c => char.IsControl(c) || c is ' ' or '>' or '<'))
            throw new RelayException(new(new(5, 1, 3), "The address cannot be sent"));
        var local = path.LocalPart;
        var isPlain = local.Length > 0 && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal)
            && local.All(c => char.IsAsciiLetterOrDigit(c) || c > 127 || ".!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal));
        return isPlain
            ? $"{local}@{path.Domain}"
            : $"\"{local.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"@{path.Domain}";
    }
}
