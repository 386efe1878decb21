using MailServer.Plugins.Imap.Commands;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <content>APPEND and REPLACE, which come in pieces with messages between them.</content>
internal sealed partial class ImapSession
{
    /// <summary>Reads and answers an APPEND or a REPLACE.</summary>
    /// <param name="isWhole">Whether the first piece is the whole command; else a literal follows.</param>
    private async ValueTask AppendAsync(bool isWhole)
    {
        var tag = TextOf(_input.Reader.Tag);
        var append = new Append(this, tag);
        await using (append.ConfigureAwait(false))
        {
            var completion = await AppendAsync(append, isWhole).ConfigureAwait(false);
            await AnnounceAsync(mayExpunge: true).ConfigureAwait(false);
            Finish(tag, WithModSeq(completion));
        }
    }

    private async ValueTask<Completion> AppendAsync(Append append, bool isWhole)
    {
        var state = AppendState.Start;
        while (true)
        {
            var isRead = AppendRequest.TryRead(_input.Reader.Octets, state, out var piece) && piece.IsLast == isWhole;
            var literal = isWhole ? default : _input.Reader.Literal;
            var refusal = isRead ? await append.TakeAsync(piece, literal.Size, HardStop).ConfigureAwait(false) : Completion.Bad("Invalid arguments");
            if (isWhole)
                return refusal ?? await append.FinishAsync(HardStop).ConfigureAwait(false);
            if (refusal is { } no)
            {
                await DiscardAsync().ConfigureAwait(false);
                return no;
            }

            if (literal.IsSynchronizing)
                Output.Continue("Ready for literal data");
            await _input.CopyLiteralAsync(literal.Size, append.Body).ConfigureAwait(false);
            _input.Reader.ResumeAfterMessage();
            state = piece.Next;
            if (await ReadPieceAsync().ConfigureAwait(false) is not { } isLast)
                return Faults.Answer(_input.Reader.Fault);
            isWhole = isLast;
        }
    }

    // Whether the command ends with the piece that comes; null when it was refused.
    private async ValueTask<bool?> ReadPieceAsync()
    {
        while (true)
        {
            switch (await _input.NextAsync(watched: null, mayDrain: false).ConfigureAwait(false))
            {
                case InputEvent.Request:
                    return true;
                case InputEvent.Message:
                    return false;
                case InputEvent.Refused:
                    return null;
                case InputEvent.Continue:
                    Output.Continue("Ready for literal data");
                    break;
                default:
                    throw new IOException("the client went away within APPEND");
            }
        }
    }

    // A literal that nobody waits to send comes all the same, and the rest of the command behind it (RFC 7888 §4).
    private async ValueTask DiscardAsync()
    {
        if (_input.Reader.Refuse())
            return;
        while (true)
        {
            switch (await _input.NextAsync(watched: null, mayDrain: false).ConfigureAwait(false))
            {
                case InputEvent.Refused:
                    return;
                case InputEvent.Hopeless:
                    Goodbye = "Too much input";
                    return;
                case InputEvent.Closed or InputEvent.TimedOut:
                    throw new IOException("the client went away within APPEND");
            }
        }
    }
}
