using System.Buffers;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>
/// One connection on one generation of the plugin: reads requests, runs them in order, answers each. Commands (folder <c>Commands</c>)
/// write their untagged responses; the tagged one is written here, after what has changed in the open folder.
/// </summary>
internal sealed partial class ImapSession(ImapServices services, IMailConnection connection) : IAsyncDisposable
{
    private SessionClock? _clock;
    private ImapInput _input = null!;
    private ImapMode _mode;
    private string _waitingTag = "";
    private int _errors;
    private bool _isHandedOver;

    public ImapServices Services => services;

    public IMailConnection Connection => connection;

    public ImapOutput Output { get; private set; } = null!;

    public ImapState State { get; set; } = ImapState.NotAuthenticated.Instance;

    /// <summary>The authentication on its way; the server's own object, which stays where it is (see <see cref="ImapMode.Sasl"/>).</summary>
    public ISaslExchange? Exchange { get; set; }

    /// <summary>Fires at the hard stop only.</summary>
    public CancellationToken HardStop { get; private set; }

    public int LoginFailures { get; set; }

    /// <summary>What the client has enabled.</summary>
    public ImapFeatures Features { get; set; }

    /// <summary>Whether names are in UTF-8: IMAP4rev2 and UTF8=ACCEPT agree on that.</summary>
    public bool SpeaksUtf8 => (Features & (ImapFeatures.Utf8 | ImapFeatures.Rev2)) != 0;

    /// <summary>Whether expunged messages are named by their UIDs (RFC 7162 §3.2.10, RFC 9586).</summary>
    public bool TellsVanished => (Features & (ImapFeatures.QResync | ImapFeatures.UidOnly)) != 0;

    /// <summary>UIDs that the last search saved: <c>$</c> (RFC 5182). Those of messages that are gone name nothing any more.</summary>
    public IReadOnlyList<SequenceRange> SavedUids { get; set; } = [];

    /// <summary>Searches that are kept up to date.</summary>
    public SearchContexts Contexts { get; } = new();

    /// <summary>How many keywords of the open folder the client has been told of.</summary>
    public int AnnouncedKeywords { get; set; }

    /// <summary>Set when the session is to end after the answer.</summary>
    public string? Goodbye { get; set; }

    /// <summary>Set when TLS is to be started after the answer.</summary>
    public bool AnswersStartTls { get; set; }

    /// <summary>Set when compression is to be started after the answer.</summary>
    public bool AnswersCompress { get; set; }

    /// <summary>Whether this session has started compression.</summary>
    public bool IsCompressed { get; private set; }

    /// <summary>Whether the client has sent more behind the request in hand.</summary>
    public bool HasMoreInput => _input.HasMore();

    public IFolderView? View => (State as ImapState.Selected)?.View;

    public async ValueTask<SessionEnd> RunAsync(SessionState? resumed, CancellationToken cancellationToken)
    {
        HardStop = cancellationToken;
        _clock = new(services.Time, cancellationToken);
        _input = new(connection, _clock);
        Output = new(connection, _clock, services.Options.LoginTime);
        if (resumed is null)
            Output.Untagged($"OK [{Capabilities.Of(this)}] {services.Server.Hostname} ready");
        else
            Resume(resumed);

        while (true)
        {
            ApplyLimits();
            var next = await _input.NextAsync(_mode == ImapMode.Idle ? View : null, mayDrain: _mode != ImapMode.Sasl || connection.IsClosing).ConfigureAwait(false);
            switch (next)
            {
                case InputEvent.Request:
                    await AnswerAsync().ConfigureAwait(false);
                    break;
                case InputEvent.Continue:
                    AnswerLiteral();
                    break;
                case InputEvent.Message:
                    await AppendAsync(isWhole: false).ConfigureAwait(false);
                    break;
                case InputEvent.Refused:
                    AnswerRefused();
                    break;
                case InputEvent.Changed:
                    await AnnounceAsync(mayExpunge: true).ConfigureAwait(false);
                    break;
                case InputEvent.Drain when !connection.IsClosing:
                    return await HandOverAsync().ConfigureAwait(false);
                case InputEvent.Drain:
                    Goodbye = "Server is shutting down";
                    break;
                case InputEvent.TimedOut:
                    await TrySayGoodbyeAsync("Autologout, idle for too long").ConfigureAwait(false);
                    return Ended("autologout");
                case InputEvent.Hopeless:
                    Goodbye = "Too much input";
                    break;
                case InputEvent.Closed:
                    return Ended("the client hung up");
            }

            if (AnswersStartTls)
                await StartTlsAsync().ConfigureAwait(false);
            if (AnswersCompress)
                await StartCompressionAsync().ConfigureAwait(false);
            // A client that sends commands without end and reads no answers must wait for its own reading.
            await Output.FlushIfEnoughAsync().ConfigureAwait(false);
            if (_errors >= services.Options.MaxErrors)
                Goodbye ??= "Too many errors";
            if (Goodbye is { } goodbye)
            {
                await TrySayGoodbyeAsync(goodbye).ConfigureAwait(false);
                return Ended(goodbye);
            }
        }
    }

    /// <summary>Says BYE if the client still listens.</summary>
    public async ValueTask TrySayGoodbyeAsync(string text)
    {
        if (text.Length > 0)
            connection.Transport.Output.Write(Encoding.ASCII.GetBytes($"* BYE {text}\r\n"));
        try
        {
            // A client that does not read must not hold the session: what fits in the pipe is enough.
            using var limit = new SessionClock(services.Time, HardStop);
            limit.Restart(TimeSpan.FromSeconds(5));
            await connection.Transport.Output.FlushAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidOperationException)
        {
            Log.Ended(services.Logger, connection.Info.Id, exception.Message);
        }
    }

    // Nothing from before counts after it (RFC 3501 §6.2.1).
    private async ValueTask StartTlsAsync()
    {
        AnswersStartTls = false;
        await Output.FlushAsync().ConfigureAwait(false);
        await connection.StartTlsAsync(HardStop).ConfigureAwait(false);
        (_errors, LoginFailures) = (0, 0);
    }

    private async ValueTask StartCompressionAsync()
    {
        AnswersCompress = false;
        await Output.FlushAsync().ConfigureAwait(false);
        connection.StartCompression();
        IsCompressed = true;
    }

    /// <summary>The next line is not a command but an answer that this tag waits for.</summary>
    public void Expect(ImapMode mode, ReadOnlyMemory<byte> tag)
    {
        (_mode, _waitingTag) = (mode, TextOf(tag));
        _input.Reader.IsPlainLines = mode != ImapMode.Command;
        if (mode == ImapMode.Idle && View is { } view)
            view.IsArmed = true;
    }

    /// <summary>Lets go of the open folder.</summary>
    public async ValueTask CloseViewAsync()
    {
        if (State is not ImapState.Selected selected)
            return;
        State = new ImapState.Authenticated(selected.Account);
        SavedUids = [];
        Contexts.Clear();
        await selected.View.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Lets go of the account: nothing of its user stays (RFC 8437 §3).</summary>
    public async ValueTask CloseAccountAsync()
    {
        await CloseViewAsync().ConfigureAwait(false);
        if (State is ImapState.Authenticated authenticated)
            await authenticated.Account.DisposeAsync().ConfigureAwait(false);
        (State, Features) = (ImapState.NotAuthenticated.Instance, ImapFeatures.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _clock?.Dispose();
        if (!_isHandedOver)
            await CloseAccountAsync().ConfigureAwait(false);
    }

    public static string TextOf(ReadOnlyMemory<byte> octets) => Encoding.ASCII.GetString(octets.Span);

    private void ApplyLimits()
    {
        var known = State is not ImapState.NotAuthenticated;
        _input.Patience = known ? services.Options.IdleTime : services.Options.LoginTime;
        _input.Reader.Limits = known ? RequestLimits.AfterLogin : RequestLimits.BeforeLogin;
    }

    private SessionEnd.Closed Ended(string reason)
    {
        Log.Ended(services.Logger, connection.Info.Id, reason);
        return SessionEnd.Closed.Instance;
    }

    private void Resume(SessionState resumed)
    {
        var state = HandOver.TryRead(resumed) ?? throw new InvalidOperationException("a state that CanResume refuses");
        if (resumed.Account is { } account)
            State = resumed.View is { } view ? new ImapState.Selected(account, view) : new ImapState.Authenticated(account);
        (_errors, LoginFailures, AnnouncedKeywords) = (state.Errors, state.LoginFailures, state.Keywords);
        IsCompressed = state.IsCompressed;
        (Features, _toldModSeq, _isBehind) = (state.Features, state.ToldModSeq, state.IsBehind);
        SavedUids = [.. (state.SavedUids ?? []).Chunk(2).Select(pair => new SequenceRange(pair[0], pair[^1]))];
        Contexts.Resume((state.Contexts ?? []).Select(context => context.Read()));
        if (state.Mode != ImapMode.Command)
            Expect(state.Mode, Encoding.ASCII.GetBytes(state.Tag));
        ApplyLimits();
        _input.Resume(state.Begun);
    }

    private async ValueTask<SessionEnd> HandOverAsync()
    {
        await Output.FlushAsync().ConfigureAwait(false);
        var state = new HandOver
        {
            Mode = _mode,
            Tag = _waitingTag,
            Begun = _input.Reader.Begun.ToArray(),
            Errors = _errors,
            LoginFailures = LoginFailures,
            Keywords = AnnouncedKeywords,
            Features = Features,
            IsCompressed = IsCompressed,
            SavedUids = [.. SavedUids.SelectMany(range => new[] { range.First, range.Last })],
            Contexts = [.. Contexts.All.Select(SavedContext.Of)],
            ToldModSeq = _toldModSeq,
            IsBehind = _isBehind,
        };
        _isHandedOver = true;
        return new SessionEnd.HandOver(new()
        {
            Format = HandOver.Format,
            Data = state.Write(),
            Account = (State as ImapState.Authenticated)?.Account ?? (State as ImapState.Selected)?.Account,
            View = View,
        });
    }
}
