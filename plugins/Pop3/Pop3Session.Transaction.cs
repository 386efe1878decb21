using System.Buffers;
using System.Globalization;
using System.Text;
using MailServer.Wire.Pop3;

namespace MailServer.Plugins.Pop3;

/// <summary>The TRANSACTION and UPDATE states (RFC 1939 §5 to §7).</summary>
internal sealed partial class Pop3Session
{
    private const int PieceSize = 16 * 1024;

    private ValueTask<Next> AnswerUserAsync(Maildrop maildrop, Pop3Command command)
    {
        switch (command.Verb)
        {
            case Pop3Verb.Stat:
                return new(Stat(maildrop, default));
            case Pop3Verb.Noop:
                Output.Write("+OK NOOP done\r\n"u8);
                return new(Next.Line);
            case Pop3Verb.Rset:
                maildrop.Reset();
                return new(Stat(maildrop, " octets"u8));
            case Pop3Verb.List or Pop3Verb.Uidl when command.Argument.IsEmpty:
                return ListAsync(maildrop, isUidl: command.Verb == Pop3Verb.Uidl);
        }

        var lines = -1;
        if (command.Verb == Pop3Verb.Top ? !command.TryReadTop(out var message, out lines) : !command.TryReadMessage(out message))
            return new(Fail(command.Verb == Pop3Verb.Top ? "TOP needs a message number and a count"u8 : "This needs a message number"u8));
        if (!maildrop.Has(message))
            return new(Err(maildrop.Deleted.Contains(message) ? "The message is deleted"u8 : "No such message"u8));
        return command.Verb switch
        {
            Pop3Verb.List => new(List(maildrop, message)),
            Pop3Verb.Uidl => new(Uidl(maildrop, message)),
            Pop3Verb.Dele => new(Dele(maildrop, message)),
            _ => SendAsync(maildrop, message, lines),
        };
    }

    private Next Stat(Maildrop maildrop, ReadOnlySpan<byte> unit)
    {
        // RFC 1939 §5: STAT's two numbers are for programs; elsewhere they are for people.
        Output.Write("+OK "u8);
        Pop3Writer.Number(Output, maildrop.Count);
        Output.Write(unit.IsEmpty ? " "u8 : " messages, "u8);
        Pop3Writer.Number(Output, maildrop.Size);
        Pop3Writer.Line(Output, unit);
        return Next.Line;
    }

    private async ValueTask<Next> ListAsync(Maildrop maildrop, bool isUidl)
    {
        Stat(maildrop, " octets"u8);
        for (var message = 1; message <= maildrop.View.Count; message++)
        {
            if (!maildrop.Has(message))
                continue;
            if (isUidl)
                Pop3Writer.UniqueId(Output, message, maildrop.View.UniqueIdAt(message));
            else
                Pop3Writer.Listing(Output, message, maildrop.SizeOf(message));
            if (IsMuchUnsent && await FlushAsync().ConfigureAwait(false))
                return Next.Close;
        }

        Output.Write(Pop3Writer.End);
        return Next.Line;
    }

    private Next List(Maildrop maildrop, int message)
    {
        Output.Write("+OK "u8);
        Pop3Writer.Listing(Output, message, maildrop.SizeOf(message));
        return Next.Line;
    }

    private Next Uidl(Maildrop maildrop, int message)
    {
        Output.Write("+OK "u8);
        Pop3Writer.UniqueId(Output, message, maildrop.View.UniqueIdAt(message));
        return Next.Line;
    }

    private Next Dele(Maildrop maildrop, int message)
    {
        maildrop.Delete(message);
        return Ok("Deleted at QUIT"u8);
    }

    /// <summary>RETR and TOP: from the file to the peer through one small buffer.</summary>
    private async ValueTask<Next> SendAsync(Maildrop maildrop, int message, int lines)
    {
        if (!(await maildrop.View.OpenMessageAsync(message, limit.Token).ConfigureAwait(false)).TryGet(out var content, out var problem))
        {
            Log.NotReadable(services.Logger, connection.Info.Id, message, maildrop.Account.User.Name, problem.Text);
            Pop3Writer.Err(Output, $"{CodeOf(problem)} {problem.Text}");
            return Next.Line;
        }

        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            if (lines < 0)
                Pop3Writer.Ok(Output, maildrop.SizeOf(message), " octets"u8);
            else
                Pop3Writer.Ok(Output, "The top follows"u8);
            var encoder = new MessageEncoder(lines);
            var sent = 0L;
            var stream = content.OpenRead();
            await using (stream.ConfigureAwait(false))
            {
                while (!encoder.IsFull && await stream.ReadAsync(piece.AsMemory(0, PieceSize), limit.Token).ConfigureAwait(false) is var count and > 0)
                {
                    encoder.Write(piece.AsSpan(0, count), Output);
                    sent += count;
                    if (IsMuchUnsent && await FlushAsync().ConfigureAwait(false))
                        return Next.Close;
                }
            }

            if (!encoder.IsFull && sent != content.Size)
                throw new IOException($"message {message} has {sent} octets and not {content.Size}");
            encoder.Finish(Output);
            return Next.Line;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
            await content.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>RFC 1939 §6: only here messages are removed. The lock is gone before the client hears of it: it may come again at once.</summary>
    private async ValueTask<Next> QuitAsync(CancellationToken hardStop)
    {
        if (_maildrop is not { } maildrop)
        {
            Ok("Goodbye"u8);
            return Next.Close;
        }

        var (name, count) = (maildrop.Account.User.Name, maildrop.Deleted.Count);
        var problem = await maildrop.UpdateAsync(hardStop).ConfigureAwait(false);
        _maildrop = null;
        await maildrop.DisposeAsync().ConfigureAwait(false);
        if (problem is not null)
        {
            Log.NotRemoved(services.Logger, connection.Info.Id, name, problem.Text);
            Pop3Writer.Err(Output, $"{CodeOf(problem)} Some deleted messages are not removed");
            return Next.Close;
        }

        Log.LoggedOut(services.Logger, connection.Info.Id, name, count);
        Pop3Writer.Ok(Output, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Goodbye, {count} messages removed")));
        return Next.Close;
    }
}
