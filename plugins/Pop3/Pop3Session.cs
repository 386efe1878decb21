using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using MailServer.Wire.Pop3;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Pop3;

/// <summary>
/// One session, or the part of it that runs on one generation: reads lines, answers all that have come, flushes once, reads again. Between
/// two commands, and only there, it stops when the host asks.
/// </summary>
internal sealed partial class Pop3Session(Pop3Services services, IMailConnection connection, TimeLimit limit, SavedSession? resumed) : IAsyncDisposable
{
    // A batch of short commands can ask for much: RETR of many messages in one packet.
    private const int MaxUnsent = 32 * 1024;

    private readonly bool _isResumed = resumed is not null;
    private SmtpLineReader _lines;                              // the framing is SMTP's: CRLF alone ends a line
    private Maildrop? _maildrop = resumed?.Maildrop;
    private string? _userName = resumed?.UserName;
    private bool _isUtf8 = resumed?.IsUtf8 ?? false;
    private int _errors = resumed?.Errors ?? 0;
    private int _failedLogins = resumed?.FailedLogins ?? 0;
    private ISaslExchange? _exchange;                           // the next line is a response and no command

    /// <summary>What follows a line.</summary>
    private enum Next
    {
        Line,
        StartTls,
        HandOver,
        Close,
    }

    private PipeWriter Output => connection.Transport.Output;

    private bool IsMuchUnsent => !Output.CanGetUnflushedBytes || Output.UnflushedBytes > MaxUnsent;

    private bool IsAtBoundary => _exchange is null && !_lines.IsSkipping;

    public async ValueTask<SessionEnd> RunAsync(CancellationToken hardStop)
    {
        limit.Restart(_maildrop is null ? services.Options.LoginTime : services.Options.IdleTime);
        if (!_isResumed)
        {
            Pop3Writer.Ok(Output, Encoding.ASCII.GetBytes($"{services.Server.Hostname} POP3 server ready"));
            if (await FlushAsync().ConfigureAwait(false))
                return SessionEnd.Closed.Instance;
        }

        while (true)
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync(limit.Token).ConfigureAwait(false);
            RestartIdleTime();
            var (next, unread) = await AnswerAllAsync(read.Buffer, hardStop).ConfigureAwait(false);

            // Without a whole line the next read waits for more; otherwise it gives what is left at once, to whoever reads.
            input.AdvanceTo(unread.Start, next == Next.Line ? unread.End : unread.Start);
            if (await FlushAsync().ConfigureAwait(false))
                return SessionEnd.Closed.Instance;
            switch (next)
            {
                case Next.HandOver:
                    return HandOver();
                case Next.StartTls:
                    await StartTlsAsync().ConfigureAwait(false);
                    break;
                case Next.Close:
                case Next.Line when read.IsCompleted:
                    return SessionEnd.Closed.Instance;
            }
        }
    }

    public ValueTask DisposeAsync() => _maildrop?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Answers the whole lines in the buffer, up to one that ends the batch. Gives what follows it, and what is left unread.</summary>
    private async ValueTask<(Next Next, ReadOnlySequence<byte> Unread)> AnswerAllAsync(ReadOnlySequence<byte> unread, CancellationToken hardStop)
    {
        var next = IsEarlyTls(unread) ? HangUp("TLS before STLS") : Next.Line;
        while (next == Next.Line)
        {
            if (connection.IsDraining && (IsAtBoundary || connection.IsClosing))
                return (connection.IsClosing ? Goodbye() : Next.HandOver, unread);
            if (!TryReadLine(ref unread, out var line, out var kind))
                break;
            next = await AnswerAsync(kind, line, hardStop).ConfigureAwait(false);
            if (next == Next.Line && IsMuchUnsent && await FlushAsync().ConfigureAwait(false))
                next = Next.Close;
        }

        // RFC 2595 §4 with CVE-2021-33515: what came behind STLS in clear is never taken for a command that came under TLS.
        return next == Next.StartTls && !unread.IsEmpty ? (HangUp("commands behind STLS"), unread) : (next, unread);
    }

    /// <summary>A ClientHello (RFC 8446 §5.1) where we speak in clear: a client set to the other kind of port, which would wait for its time limit.</summary>
    private bool IsEarlyTls(in ReadOnlySequence<byte> buffer) =>
        connection.Info.Tls is null && _maildrop is null && buffer.FirstSpan is [0x16, 0x03, ..];

    private bool TryReadLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line, out SmtpLineKind kind)
    {
        kind = _lines.Read(ref buffer, _exchange is not null ? MaxSaslLine : Pop3Command.MaxLine, out line);
        return kind != SmtpLineKind.None;
    }

    private ValueTask<Next> AnswerAsync(SmtpLineKind kind, ReadOnlySequence<byte> line, CancellationToken hardStop)
    {
        if (kind == SmtpLineKind.Line)
            return _exchange is { } exchange ? ContinueAuthAsync(exchange, AsSpan(line)) : AnswerAsync(Pop3Command.Read(AsSpan(line)), hardStop);
        _exchange = null;
        return new(kind switch
        {
            SmtpLineKind.TooLong => Fail("The line is too long"u8),
            SmtpLineKind.BareLineEnd => Fail("Lines end in CRLF"u8),
            _ => HangUp("a line without end"),
        });
    }

    private static ReadOnlySpan<byte> AsSpan(in ReadOnlySequence<byte> line) => line.IsSingleSegment ? line.FirstSpan : line.ToArray();

    private ValueTask<Next> AnswerAsync(Pop3Command command, CancellationToken hardStop) => command.Verb switch
    {
        Pop3Verb.Quit => QuitAsync(hardStop),
        Pop3Verb.Capa => new(Capa()),
        Pop3Verb.Http => new(HangUp("HTTP")),
        Pop3Verb.Unknown => new(Fail("Unknown command"u8)),
        Pop3Verb.Lang => new(Lang(command)),
        Pop3Verb.User or Pop3Verb.Pass or Pop3Verb.Auth or Pop3Verb.Stls or Pop3Verb.Utf8 =>
            _maildrop is null ? AnswerStrangerAsync(command) : new(Fail("You are logged in already"u8)),
        _ => _maildrop is { } maildrop ? AnswerUserAsync(maildrop, command) : new(Fail("Log in first"u8)),
    };

    /// <summary>The peer broke the protocol, which it may do now and then.</summary>
    private Next Fail(ReadOnlySpan<byte> text)
    {
        if (++_errors >= services.Options.MaxErrors)
            return HangUp("too many errors");
        Pop3Writer.Err(Output, text);
        return Next.Line;
    }

    private Next Ok(ReadOnlySpan<byte> text)
    {
        Pop3Writer.Ok(Output, text);
        return Next.Line;
    }

    private Next Err(ReadOnlySpan<byte> text)
    {
        Pop3Writer.Err(Output, text);
        return Next.Line;
    }

    private Next HangUp(string reason)
    {
        Log.HungUp(services.Logger, connection.Info.Id, connection.Info.Remote.Address, reason);
        Pop3Writer.Err(Output, $"Goodbye: {reason}");
        return Next.Close;
    }

    private Next Goodbye()
    {
        Pop3Writer.Err(Output, "[SYS/TEMP] The server is shutting down"u8);     // RFC 3206 §4
        return Next.Close;
    }

    private SessionEnd.HandOver HandOver()
    {
        var saved = new SavedSession { UserName = _userName, Errors = _errors, FailedLogins = _failedLogins, IsUtf8 = _isUtf8, Maildrop = _maildrop };
        _maildrop = null;                                                       // the next generation's now
        return new(saved.ToState());
    }

    /// <summary>Sends what is written. True when the peer is gone.</summary>
    private async ValueTask<bool> FlushAsync()
    {
        RestartIdleTime();
        return (await Output.FlushAsync(limit.Token).ConfigureAwait(false)).IsCompleted;
    }

    // Before login the time is not prolonged, whatever the peer sends.
    private void RestartIdleTime()
    {
        if (_maildrop is not null)
            limit.Restart(services.Options.IdleTime);
    }
}
