using System.Text;
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

        if (request is ImapRequest.Append)
        {
            await AppendAsync(isWhole: true).ConfigureAwait(false);
            return;
        }

        var tag = TextOf(request.Tag);
        if (await Dispatcher.RunAsync(this, request, HardStop).ConfigureAwait(false) is not { } completion)
            return;
        await AnnounceAsync(Dispatcher.MayExpunge(request)).ConfigureAwait(false);
        Finish(tag, WithModSeq(completion));
    }

    // The line that IDLE or AUTHENTICATE waits for.
    private async ValueTask AnswerLineAsync(ReadOnlyMemory<byte> line)
    {
        var (mode, tag) = (_mode, _waitingTag);
        Expect(ImapMode.Command, default);
        if (mode == ImapMode.Sasl)
        {
            if (await Authenticate.RespondAsync(this, Encoding.ASCII.GetBytes(tag), line, isInitial: false, HardStop).ConfigureAwait(false) is { } answer)
                Finish(tag, answer);
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

    private void AnswerRefused() => Finish(TextOf(_input.Reader.Tag), Faults.Answer(_input.Reader.Fault));

    // RFC 7162 §3.2.7: after all that is told, so that it is true.
    private Completion WithModSeq(Completion completion) =>
        completion.TellsModSeq && Features.HasFlag(ImapFeatures.QResync) ? completion with { Code = HighestModSeq } : completion;

    private void Finish(string tag, Completion completion)
    {
        // Only errors in a row count: a long session may make one now and then.
        _errors = completion.Status == CompletionStatus.Bad ? _errors + 1 : 0;
        Output.Tagged(tag, completion);
        if (LoginFailures >= services.Options.MaxLoginFailures)
            Goodbye ??= "Too many failed logins";
    }
}
