using System.IO.Pipelines;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>
/// One APPEND (RFC 3501 §6.3.11) of one or several messages (RFC 3502), each a literal or put together (RFC 4469): decided before each literal is
/// asked for, the octets go straight into drafts, and all are stored or none. REPLACE (RFC 8508) is the same with one message that another goes for.
/// </summary>
internal sealed class Append(ImapSession session, string tag) : IAsyncDisposable
{
    // Each holds a file or some memory until the last one has come; clients that know MULTIAPPEND send a few dozen.
    private const int MaxMessages = 100;

    // Of all together: a client that never ends must not fill the disk.
    private const int MaxTotal = 10;

    private static readonly Completion UnknownCte = Completion.No("UNKNOWN-CTE", "Messages are stored in lines");

    private readonly List<IMessageDraft> _drafts = [];
    private IMailAccount? _account;
    private FolderName _folder;
    private IFolderView? _view;
    private int _replaced;
    private long _size;
    private long _total;

    /// <summary>Where the octets of the next literal go.</summary>
    public PipeWriter Body => _drafts[^1].Body;

    /// <summary>Takes a piece of the command, up to a literal of so many octets or to the end; null, or why it is not wanted.</summary>
    public async ValueTask<Completion?> TakeAsync(AppendRequest piece, long literal, CancellationToken cancellationToken)
    {
        if (_account is null && Start(piece) is { } refusal)
            return refusal;
        foreach (var step in piece.Steps)
        {
            var refused = step switch
            {
                AppendStep.Begin begin => await BeginAsync(begin, cancellationToken).ConfigureAwait(false),
                AppendStep.Url url => await CopyAsync(url, cancellationToken).ConfigureAwait(false),
                AppendStep.Data { IsBinary: true } => UnknownCte,
                AppendStep.Data => Take(literal),
                _ => _size == 0 ? Completion.No("CANNOT", "Message is empty") : null,
            };
            if (refused is not null)
                return refused;
        }

        // A whole message of nothing is not asked for.
        return literal == 0 && _size == 0 && piece is { IsLast: false, Next: AppendState.AfterMessage or AppendState.AfterUtf8Message } ? Completion.No("CANNOT", "Message is empty") : null;
    }

    public async ValueTask<Completion> FinishAsync(CancellationToken cancellationToken)
    {
        if (_view is not null)
            return await ReplaceAsync(_view, cancellationToken).ConfigureAwait(false);
        var stored = await session.WithProgressAsync(tag, _account!.CommitAsync(_drafts, cancellationToken)).ConfigureAwait(false);
        return stored.TryGet(out var results, out var problem)
            ? Completion.Ok($"APPENDUID {results[0].UidValidity} {MessageSet.TextOf(results.Select(result => result.Uid))}", "APPEND completed")
            : Completion.FromTarget(problem);
    }

    /// <summary>From the wire's flags to the store's.</summary>
    public static MessageFlags FlagsOf(FlagList flags) => new()
    {
        System = (SystemFlags)flags.System,
        Keywords = flags.Keywords.Count == 0 ? [] : [.. flags.Keywords.Select(keyword => Encoding.ASCII.GetString(keyword.Span))],
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var draft in _drafts)
            await draft.DisposeAsync().ConfigureAwait(false);
    }

    private Completion? Start(AppendRequest piece)
    {
        _account = session.State switch
        {
            ImapState.Authenticated state => state.Account,
            ImapState.Selected state => state.Account,
            _ => null,
        };
        if (_account is null)
            return Completion.Bad("Log in first");
        if (!FolderNames.TryRead(session, piece.Mailbox, out _folder))
            return FolderNames.Invalid;
        return piece.IsReplace ? StartReplace(piece) : null;
    }

    private Completion? StartReplace(AppendRequest piece)
    {
        if (session.View is not { } view)
            return Completion.Bad("No mailbox selected");
        if (!piece.IsUid && session.Features.HasFlag(ImapFeatures.UidOnly))
            return Dispatcher.UidRequired;
        if (view.Access == FolderAccess.ReadOnly)
            return Completion.No("NOPERM", "Mailbox is read-only");
        if (!MessageSet.TryResolve(session, view, [piece.Replaced], piece.IsUid, out var set))
            return MessageSet.Invalid;
        if (set.ToList() is not [var sequence])
            return Completion.No("NONEXISTENT", "No such message");
        (_view, _replaced) = (view, sequence);
        return null;
    }

    // RFC 8508 §4.3: APPENDUID comes before the EXPUNGE.
    private async ValueTask<Completion> ReplaceAsync(IFolderView view, CancellationToken cancellationToken)
    {
        var outcome = await session.WithProgressAsync(tag, view.ReplaceAsync(_replaced, _drafts[0], cancellationToken)).ConfigureAwait(false);
        if (!outcome.TryGet(out var result, out var problem))
            return Completion.FromTarget(problem);
        session.Output.Untagged($"OK [APPENDUID {result.Stored.UidValidity} {result.Stored.Uid}] Replacement stored");
        await session.AnnounceExpungedAsync(result.Expunged).ConfigureAwait(false);
        return Completion.Ok("REPLACE completed") with { TellsModSeq = true };
    }

    private async ValueTask<Completion?> BeginAsync(AppendStep.Begin begin, CancellationToken cancellationToken)
    {
        if (_drafts.Count == MaxMessages)
            return Completion.No("LIMIT", "Too many messages at once");
        if (_view is not null && _drafts.Count == 1)
            return Completion.Bad("One message replaces one");
        _size = 0;
        var (flags, date) = (FlagsOf(begin.Flags), begin.InternalDate);
        var begun = _view is null
            ? await _account!.BeginAppendAsync(_folder, flags, date, cancellationToken).ConfigureAwait(false)
            : await _account!.BeginReplaceAsync(_folder, flags, date, cancellationToken).ConfigureAwait(false);
        if (!begun.TryGet(out var draft, out var problem))
            return Completion.FromTarget(problem);
        _drafts.Add(draft);
        return null;
    }

    private async ValueTask<Completion?> CopyAsync(AppendStep.Url url, CancellationToken cancellationToken) =>
        await CatenateUrl.CopyAsync(session, _account!, url.Text, Body, Take, cancellationToken).ConfigureAwait(false);

    private Completion? Take(long octets)
    {
        var most = session.Services.Options.MaxMessageSize;
        if (octets > most - _size || octets > (MaxTotal * most) - _total)
            return Completion.No("TOOBIG", "Message too big");
        _size += octets;
        _total += octets;
        return null;
    }
}
