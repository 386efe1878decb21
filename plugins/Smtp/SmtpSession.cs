using System.Buffers;
using System.IO.Pipelines;
using MailServer.Plugins.Smtp.Commands;
using MailServer.Wire.Smtp;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Smtp;

/// <summary>
/// A session, or its part between two generations. One read is pending at a time; all whole lines of a read are answered in one write
/// (RFC 2920 §3.2), then the host is asked whether to leave.
/// </summary>
internal sealed class SmtpSession(SmtpHandler handler, IMailConnection connection, CancellationToken hardStop) : IAsyncDisposable
{
    // A refused recipient is no rudeness: a mailing list has dead addresses. But who guesses names has many.
    private const int ErrorPoints = 5;

    private SmtpLineReader _lines;
    private int _errors;

    public IPluginHost Host => handler.Host;

    public SmtpOptions Options => handler.Options;

    public ILogger Logger => handler.Logger;

    public bool IsSubmission => handler.Service == SmtpService.Submission;

    /// <summary>Whether LMTP is spoken (RFC 2033).</summary>
    public bool IsLocal => handler.Service == SmtpService.Local;

    public IMailConnection Connection => connection;

    public PipeReader Input => connection.Transport.Input;

    public Deadline Deadline { get; } = new(handler.Host.Time, hardStop);

    public SmtpState State { get; set; } = new SmtpState.Greeted();

    /// <summary>Who is logged in.</summary>
    public User? User => State switch
    {
        SmtpState.Ready ready => ready.User,
        SmtpState.InTransaction transaction => transaction.Session.User,
        _ => null,
    };

    public int AuthFailures { get; set; }

    /// <summary>What the last BDAT said, until its octets are read.</summary>
    public BdatCommand Chunk { get; set; }

    /// <summary>The session's boundary: whatever goes wrong within ends here.</summary>
    public async ValueTask<SessionEnd> RunAsync(SessionState? resumed)
    {
        try
        {
            if (resumed is null)
                return await GreetAsync().ConfigureAwait(false) ? await ConverseAsync().ConfigureAwait(false) : SessionEnd.Closed.Instance;
            if (SavedSession.TryRead(resumed) is not { } saved)
                throw new InvalidOperationException($"cannot go on from {resumed.Format}");
            (State, _errors, AuthFailures) = (saved.State, saved.Errors, saved.AuthFailures);
            return await ConverseAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Deadline.HasPassed && !hardStop.IsCancellationRequested)
        {
            return await GiveUpAsync(Reply.TimedOut).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            Log.Dropped(Logger, connection.Info.Id, hardStop.IsCancellationRequested ? "the connection was ended" : e.Message);
            return SessionEnd.Closed.Instance;
        }
#pragma warning disable CA1031 // a bug ends its session, not the server
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Bug(Logger, connection.Info.Id, e);
            return await GiveUpAsync(Reply.ServerBug).ConfigureAwait(false);
        }
    }

    /// <summary>Reads on. The limit runs from the deadline's last restart.</summary>
    public async ValueTask<ReadResult> ReadAsync(TimeSpan limit)
    {
        var reading = Input.ReadAsync(Deadline.Token);
        if (reading.IsCompleted)
            return await reading.ConfigureAwait(false);
        Deadline.Arm(limit);
        try
        {
            return await reading.ConfigureAwait(false);
        }
        finally
        {
            Deadline.Disarm();
        }
    }

    /// <summary>Ends the transaction, if there is one, without a trace of what was not committed.</summary>
    public async ValueTask AbandonAsync()
    {
        if (State is not SmtpState.InTransaction transaction)
            return;
        State = transaction.Session;
        await transaction.Mail.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Deadline.Dispose();
        await AbandonAsync().ConfigureAwait(false);
    }

    private async ValueTask<bool> GreetAsync()
    {
        var info = connection.Info;
        Log.Connected(Logger, info.Id, info.Remote, info.Listener);
        Reply reply;
        if (await Host.Ingress.ConnectAsync(info, hardStop).ConfigureAwait(false) is { } problem)
        {
            // RFC 5321 §3.1: after 554 the peer may still say QUIT; 421 hangs up.
            reply = problem.Status.IsTransient ? new(421, problem.Status, problem.Text) { Next = Next.Close } : new(554, problem.Status, problem.Text);
            State = new SmtpState.Refused();
        }
        else if (handler.Service == SmtpService.Transfer && await SpeaksEarlyAsync().ConfigureAwait(false))
        {
            Log.Dropped(Logger, info.Id, Reply.TooEarly.Text);
            reply = Reply.TooEarly;
        }
        else
        {
            reply = new(220, null, $"{Host.Server.Hostname} {(IsLocal ? "LMTP" : "ESMTP")}");
        }

        // The time that filters took is not the peer's.
        Deadline.Restart();
        ReplyWriter.Write(connection.Transport.Output, reply);
        return await FlushAsync().ConfigureAwait(false) && reply.Next != Next.Close;
    }

    /// <summary>
    /// Whether the peer sends before it is greeted (RFC 5321 §3.1: the server speaks first). Programs that send junk do not listen; nothing of
    /// what they sent is read.
    /// </summary>
    private async ValueTask<bool> SpeaksEarlyAsync()
    {
        if (Options.BannerDelay == TimeSpan.Zero)
            return false;
        using var delay = new CancellationTokenSource(Options.BannerDelay, Host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(delay.Token, hardStop);
        try
        {
            while (true)
            {
                var read = await Input.ReadAsync(either.Token).ConfigureAwait(false);
                Input.AdvanceTo(read.Buffer.Start);
                if (!read.Buffer.IsEmpty || read.IsCompleted)
                    return true;
            }
        }
        catch (OperationCanceledException) when (!hardStop.IsCancellationRequested)
        {
            return false;
        }
    }

    private async ValueTask<SessionEnd> ConverseAsync()
    {
        while (true)
        {
            if (connection.IsDraining && !_lines.IsSkipping && State is not (SmtpState.InTransaction or SmtpState.Authenticating))
                return connection.IsClosing ? await GiveUpAsync(Reply.Closing).ConfigureAwait(false)
                    : new SessionEnd.HandOver(new SavedSession(State, _errors, AuthFailures).Write());

            var read = await ReadAsync(Options.CommandTimeout).ConfigureAwait(false);
            var buffer = read.Buffer;
            var next = Next.ReadLine;
            // Also when the read was cancelled: the host only wanted our attention.
            while (next == Next.ReadLine)
            {
                var isTls = IsTlsHello(buffer);
                var kind = _lines.Read(ref buffer, CommandLine.LimitOf(this), out var line);
                if (kind == SmtpLineKind.None && !isTls)
                    break;
                var reply = isTls ? Reply.NotYetTls : await AnswerAsync(kind, line).ConfigureAwait(false);
                // RFC 3207 §5, CVE-2021-33515 and its kin: what came in clear must not be taken for what comes encrypted.
                if (reply.Next == Next.StartTls && !buffer.IsEmpty)
                    reply = Reply.BytesBehindStartTls;
                next = reply.Next == Next.ReadChunk ? Next.ReadChunk : Say(reply);
                Deadline.Restart();
            }

            Input.AdvanceTo(buffer.Start, next == Next.ReadLine ? buffer.End : buffer.Start);
            if (!await FlushAsync().ConfigureAwait(false))
                return SessionEnd.Closed.Instance;
            if (next == Next.ReadMessage && State is SmtpState.InTransaction transaction)
            {
                next = Say(await Data.ReceiveAsync(this, transaction, hardStop).ConfigureAwait(false));
                Deadline.Restart();
                if (!await FlushAsync().ConfigureAwait(false))
                    return SessionEnd.Closed.Instance;
            }
            else if (next == Next.ReadChunk)
            {
                next = Say(await Bdat.ReceiveAsync(this, hardStop).ConfigureAwait(false));
                Deadline.Restart();
                if (!await FlushAsync().ConfigureAwait(false))
                    return SessionEnd.Closed.Instance;
            }
            else if (next == Next.StartTls)
            {
                await StartTlsAsync().ConfigureAwait(false);
                continue;
            }
            else if (read.IsCompleted)
            {
                return SessionEnd.Closed.Instance;
            }

            if (next == Next.Close)
                return SessionEnd.Closed.Instance;
        }
    }

    private ValueTask<Reply> AnswerAsync(SmtpLineKind kind, ReadOnlySequence<byte> line)
    {
        if (kind != SmtpLineKind.Line)
        {
            // RFC 4954 §4: a response that is no response ends the exchange.
            if (State is SmtpState.Authenticating interrupted)
                State = interrupted.Session;
            return new(kind switch
            {
                SmtpLineKind.TooLong => Reply.LineTooLong,
                SmtpLineKind.BareLineEnd => Reply.BareLineEnd,
                _ => Reply.TooManyErrors,
            });
        }

        if (line.IsSingleSegment)
            return CommandLine.RunAsync(this, line.FirstSpan, hardStop);
        var copy = ArrayPool<byte>.Shared.Rent((int)line.Length);
        line.CopyTo(copy);
        // A command reads its line before it first waits, so the copy may go.
        var reply = CommandLine.RunAsync(this, copy.AsSpan(0, (int)line.Length), hardStop);
        ArrayPool<byte>.Shared.Return(copy, clearArray: true);
        return reply;
    }

    // A client that is set to TLS from the first octet (RFC 8446 §5.1: a handshake record) would wait for an answer until the time is over.
    private bool IsTlsHello(ReadOnlySequence<byte> unread)
    {
        if (connection.Info.Tls is not null || _lines.IsSkipping || unread.Length < 2)
            return false;
        Span<byte> first = stackalloc byte[2];
        unread.Slice(0, 2).CopyTo(first);
        return first is [0x16, 0x03];
    }

    /// <summary>Writes a reply, and hangs up on who makes too many errors.</summary>
    private Next Say(Reply reply)
    {
        ReplyWriter.Write(connection.Transport.Output, reply);
        foreach (var other in reply.Others)
            ReplyWriter.Write(connection.Transport.Output, other);
        if (reply.Code >= 500)
            _errors += reply.IsRecipientRefusal ? 1 : ErrorPoints;
        if (reply.Next == Next.Close || _errors < Options.MaxErrors * ErrorPoints && AuthFailures < Options.MaxAuthFailures)
            return reply.Next;
        ReplyWriter.Write(connection.Transport.Output, Reply.TooManyErrors);
        Log.Dropped(Logger, connection.Info.Id, "too many errors");
        return Next.Close;
    }

    private async ValueTask StartTlsAsync()
    {
        await AbandonAsync().ConfigureAwait(false);
        Deadline.Arm(Options.CommandTimeout);
        var tls = await connection.StartTlsAsync(Deadline.Token).ConfigureAwait(false);
        Deadline.Disarm();
        Deadline.Restart();
        // RFC 3207 §4.2: all that the peer said in clear is forgotten.
        (State, _lines) = (new SmtpState.Greeted(), default);
        Log.TlsIsUp(Logger, connection.Info.Id, tls.Protocol, tls.CipherSuite);
    }

    /// <summary>False when nobody reads any more.</summary>
    private async ValueTask<bool> FlushAsync()
    {
        var flushing = connection.Transport.Output.FlushAsync(Deadline.Token);
        if (flushing.IsCompleted)
            return !(await flushing.ConfigureAwait(false)).IsCompleted;
        Deadline.Arm(Options.CommandTimeout);
        try
        {
            return !(await flushing.ConfigureAwait(false)).IsCompleted;
        }
        finally
        {
            Deadline.Disarm();
        }
    }

    /// <summary>A last word, as far as the peer still listens.</summary>
    private async ValueTask<SessionEnd> GiveUpAsync(Reply reply)
    {
        Log.Dropped(Logger, connection.Info.Id, reply.Text);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), Host.Time);
        try
        {
            ReplyWriter.Write(connection.Transport.Output, reply);
            await connection.Transport.Output.FlushAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // It does not.
        }

        return SessionEnd.Closed.Instance;
    }
}
