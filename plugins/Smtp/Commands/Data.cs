using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp.Commands;

/// <summary>DATA and the message behind it (RFC 5321 §4.1.1.4).</summary>
internal static class Data
{
    private static readonly Reply Go = new(354, null, "End data with <CR><LF>.<CR><LF>") { Next = Next.ReadMessage };

    public static Reply TooBig { get; } = new(552, new(5, 3, 4), "Message size exceeds the limit");

    public static Reply NoRecipients { get; } = new(554, new(5, 5, 1), "No valid recipients");

    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> argument)
    {
        if (!argument.IsEmpty)
            return new(Reply.NoArgument);
        if (session.State is not SmtpState.InTransaction transaction)
            return new(Reply.BadSequence("MAIL first"));
        // RFC 3030 §2.
        if (transaction.Chunks is not null)
            return new(Reply.BadSequence("Not within chunks, end them with BDAT LAST"));
        // RFC 5321 §3.3, and RFC 2920 §3.1 for pipelining clients.
        return new(transaction.Accepted > 0 ? Go : session.IsLocal ? NoRecipients with { Code = 503 } : NoRecipients);
    }

    /// <summary>Reads the message up to its end, whatever is wrong with it, then accepts or refuses it.</summary>
    public static async ValueTask<Reply> ReceiveAsync(SmtpSession session, SmtpState.InTransaction transaction, CancellationToken cancellationToken)
    {
        var decoder = new DataDecoder(session.Options.MaxTextLine);
        var refusal = await ReadAsync(session, transaction.Mail, decoder, cancellationToken).ConfigureAwait(false);
        return await ConcludeAsync(session, transaction, refusal, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Accepts or refuses a message that is here to its end, and ends the transaction.</summary>
    public static async ValueTask<Reply> ConcludeAsync(SmtpSession session, SmtpState.InTransaction transaction, Reply? refusal, CancellationToken cancellationToken)
    {
        if (refusal is not null)
            Log.MessageRefused(session.Logger, session.Connection.Info.Id, transaction.Mail.Id, transaction.Envelope.ReversePath, refusal.Code, refusal.Text);
        IReadOnlyList<Problem?> problems = refusal is not null ? []
            : session.IsLocal ? await transaction.Mail.CommitEachAsync(transaction.Accepted, cancellationToken).ConfigureAwait(false)
            : [await transaction.Mail.CommitAsync(cancellationToken).ConfigureAwait(false)];
        await session.AbandonAsync().ConfigureAwait(false);
        Reply[] replies = refusal is not null
            ? [.. Enumerable.Repeat(refusal, session.IsLocal ? transaction.Accepted : 1)]
            : [.. problems.Select(problem => problem is null ? Reply.Ok with { Text = $"Ok: {transaction.Mail.Id}" } : Reply.From(problem))];
        return replies is [var only] ? only : replies[0] with { Others = replies[1..] };
    }

    private static async ValueTask<Reply?> ReadAsync(SmtpSession session, IMailTransaction mail, DataDecoder decoder, CancellationToken cancellationToken)
    {
        var options = session.Options;
        var started = session.Host.Time.GetTimestamp();
        while (true)
        {
            var read = await session.ReadAsync(options.DataTimeout).ConfigureAwait(false);
            var isAlive = !read.Buffer.IsEmpty;
            var isWanted = decoder.Fault == DataFault.None && decoder.Length <= options.MaxMessageSize;
            session.Input.AdvanceTo(decoder.Decode(read.Buffer, isWanted ? mail.Body : null));
            if (decoder.IsEnded)
                return Judge(decoder, options);
            if (read.IsCompleted)
                throw new IOException("the peer hung up within a message");
            // An honest peer's message ends some time; this one is not waited for.
            if (decoder.Length / 2 > options.MaxMessageSize)
                return TooBig with { Next = Next.Close };
            if (session.Host.Time.GetElapsedTime(started) > options.MessageTimeout)
                return Reply.TimedOut;
            if (isWanted)
                await mail.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
            // Behind the flush: the time that our disk takes is not the peer's.
            if (isAlive)
                session.Deadline.Restart();
        }
    }

    /// <summary>Why a message cannot be taken as it is, or null.</summary>
    public static Reply? Judge(DataDecoder decoder, SmtpOptions options) => decoder.Fault switch
    {
        DataFault.LineTooLong => new(500, new(5, 6, 0), "Line too long"),                                            // RFC 5321 §4.5.3.1.10
        DataFault.BareCarriageReturn or DataFault.BareLineFeed =>
            new(554, new(5, 6, 0), "A bare CR or LF in the message; lines end with CRLF (RFC 5321 section 2.3.8)"),
        _ => decoder.Length > options.MaxMessageSize ? TooBig : null,
    };
}
