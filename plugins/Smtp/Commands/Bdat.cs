using System.Buffers;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp.Commands;

/// <summary>
/// BDAT and the octets behind it (RFC 3030 §2). They are read whatever is wrong with the command or with them: what follows is the next
/// command, and nothing within them ever is.
/// </summary>
internal static class Bdat
{
    private static readonly Reply NoSize = new(501, new(5, 5, 4), "BDAT size [LAST]") { Next = Next.Close };

    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> argument)
    {
        if (!BdatCommand.TryRead(argument, out var command))
            return new(NoSize);
        session.Chunk = command;
        return new(Reply.ReadChunk);
    }

    /// <summary>Reads a chunk; with the last one the message is accepted or refused.</summary>
    public static async ValueTask<Reply> ReceiveAsync(SmtpSession session, CancellationToken cancellationToken)
    {
        var chunk = session.Chunk;
        if (session.State is not SmtpState.InTransaction transaction)
            return await SkipAsync(session, chunk.Size, Reply.BadSequence("MAIL first"), cancellationToken).ConfigureAwait(false);
        if (transaction.Accepted == 0)
            return await SkipAsync(session, chunk.Size, Data.NoRecipients, cancellationToken).ConfigureAwait(false);

        var chunks = transaction.Chunks ?? new(new DataDecoder(session.Options.MaxTextLine, isStuffed: false), session.Host.Time.GetTimestamp());
        session.State = transaction = transaction with { Chunks = chunks };
        // The octets of a chunk are said before they come, so that none of one that is too big need be taken.
        if (chunk.Size > session.Options.MaxMessageSize - chunks.Decoder.Length)
        {
            await session.AbandonAsync().ConfigureAwait(false);
            return await SkipAsync(session, chunk.Size, Data.TooBig, cancellationToken).ConfigureAwait(false);
        }

        await ReadAsync(session, transaction.Mail, chunks, chunk.Size, cancellationToken).ConfigureAwait(false);
        if (chunk.IsLast)
            chunks.Decoder.End();
        var refusal = Data.Judge(chunks.Decoder, session.Options);
        if (chunk.IsLast || refusal is not null)
            return await Data.ConcludeAsync(session, transaction, refusal, cancellationToken).ConfigureAwait(false);
        return Reply.Ok with { Text = $"{chunk.Size} octets" };
    }

    private static async ValueTask ReadAsync(SmtpSession session, IMailTransaction mail, Chunks chunks, long size, CancellationToken cancellationToken)
    {
        var decoder = chunks.Decoder;
        while (size > 0)
        {
            var piece = await ReadPieceAsync(session, size, chunks.Started).ConfigureAwait(false);
            size -= piece.Length;
            var isWanted = decoder.Fault == DataFault.None;
            session.Input.AdvanceTo(decoder.Decode(piece, isWanted ? mail.Body : null));
            if (isWanted)
                await mail.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
            session.Deadline.Restart();
        }
    }

    /// <summary>Reads away the octets of a chunk that is not taken. A peer that would send far more than any message has is not waited for.</summary>
    private static async ValueTask<Reply> SkipAsync(SmtpSession session, long size, Reply refusal, CancellationToken cancellationToken)
    {
        if (size / 2 > session.Options.MaxMessageSize)
            return refusal with { Next = Next.Close };
        var started = session.Host.Time.GetTimestamp();
        while (size > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = await ReadPieceAsync(session, size, started).ConfigureAwait(false);
            size -= piece.Length;
            session.Input.AdvanceTo(piece.End);
            session.Deadline.Restart();
        }

        return refusal;
    }

    /// <summary>Some octets, never none.</summary>
    private static async ValueTask<ReadOnlySequence<byte>> ReadPieceAsync(SmtpSession session, long size, long started)
    {
        while (true)
        {
            var read = await session.ReadAsync(session.Options.DataTimeout).ConfigureAwait(false);
            if (session.Host.Time.GetElapsedTime(started) > session.Options.MessageTimeout)
                throw new IOException("the message takes too long");
            if (!read.Buffer.IsEmpty)
                return read.Buffer.Length > size ? read.Buffer.Slice(0, size) : read.Buffer;
            session.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
                throw new IOException("the peer hung up within a message");
        }
    }
}
