using MailServer.Plugins.Imap.Commands;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <content>Requests and what becomes of them.</content>
internal sealed partial class ImapSession
{
    private async ValueTask AnswerAsync()
    {
        var octets = _input.Reader.Octets;
        if (_mode != ImapMode.Command)
        {
            await AnswerLineAsync(octets).ConfigureAwait(false);
            return;
        }

        var fault = RequestParser.Parse(octets, out var request);
        if (request is null)
        {
            if (State is ImapState.NotAuthenticated && ForeignProtocol.Looks(octets.Span))
                Goodbye = "This is an IMAP server";
            Finish(TextOf(_input.Reader.Tag), Faults.Answer(fault));
            return;
        }

        var tag = TextOf(request.Tag);
        if (await Dispatcher.RunAsync(this, request, HardStop).ConfigureAwait(false) is not { } completion)
            return;
        await AnnounceAsync(Dispatcher.MayExpunge(request)).ConfigureAwait(false);
        Finish(tag, completion.TellsModSeq && Features.HasFlag(ImapFeatures.QResync) ? completion with { Code = HighestModSeq } : completion);
    }

    // The line that IDLE or AUTHENTICATE waits for.
    private async ValueTask AnswerLineAsync(ReadOnlyMemory<byte> line)
    {
        var (mode, tag) = (_mode, _waitingTag);
        Expect(ImapMode.Command, default);
        if (mode == ImapMode.Sasl)
        {
            Finish(tag, await Authenticate.FinishAsync(this, line, HardStop).ConfigureAwait(false));
            return;
        }

        if (View is { } view)
            view.IsArmed = false;
        var completion = Idle.Finish(line.Span);
        await AnnounceAsync(mayExpunge: true).ConfigureAwait(false);
        Finish(tag, completion);
    }

    private void AnswerLiteral()
    {
        // A password must not be asked for where it could be overheard (RFC 3501 §6.2.3).
        if (State is ImapState.NotAuthenticated && !connection.Info.AllowsPlaintextAuth && Login.Begins(_input.Reader.Octets))
        {
            var tag = TextOf(_input.Reader.Tag);
            _input.Reader.Refuse();
            Finish(tag, Login.PrivacyRequired);
            return;
        }

        Output.Continue("Ready for literal data");
    }

    private void AnswerRefused()
    {
        var completion = _refusal ?? Faults.Answer(_input.Reader.Fault);
        _refusal = null;
        Finish(TextOf(_input.Reader.Tag), completion);
    }

    private async ValueTask AppendAsync()
    {
        var size = _input.Reader.Literal.Size;
        var (draft, refusal) = await Append.BeginAsync(this, _input.Reader.Octets, size, HardStop).ConfigureAwait(false);
        if (draft is null)
        {
            var refused = TextOf(_input.Reader.Tag);
            if (_input.Reader.Refuse())
                Finish(refused, refusal);
            else
                _refusal = refusal;
            return;
        }

        await using (draft.ConfigureAwait(false))
        {
            var tag = TextOf(_input.Reader.Tag);
            if (_input.Reader.Literal.IsSynchronizing)
                Output.Continue("Ready for literal data");
            await _input.CopyLiteralAsync(size, draft.Body).ConfigureAwait(false);
            _input.Reader.ResumeAfterMessage();
            if (await ReadTailAsync().ConfigureAwait(false) is not { } tail)
                return;
            var completion = tail ? await Append.FinishAsync(draft, HardStop).ConfigureAwait(false) : Completion.Bad("One message at a time");
            await AnnounceAsync(mayExpunge: true).ConfigureAwait(false);
            Finish(tag, completion);
        }
    }

    // What follows APPEND's literal: nothing but the end of the line. Null when the session is over.
    private async ValueTask<bool?> ReadTailAsync()
    {
        while (true)
        {
            switch (await _input.NextAsync(watched: null, mayDrain: false).ConfigureAwait(false))
            {
                case InputEvent.Request:
                    return _input.Reader.Octets.IsEmpty;
                case InputEvent.Refused:
                    return false;
                case InputEvent.Continue or InputEvent.Message:
                    if (_input.Reader.Refuse())
                        return false;
                    break;
                default:
                    throw new IOException("the client went away within APPEND");
            }
        }
    }

    private void Finish(string tag, Completion completion)
    {
        // Only errors in a row count: a long session may make one now and then.
        _errors = completion.Status == CompletionStatus.Bad ? _errors + 1 : 0;
        Output.Tagged(tag, completion);
        if (LoginFailures >= services.Options.MaxLoginFailures)
            Goodbye ??= "Too many failed logins";
    }
}
