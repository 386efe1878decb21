using System.IO.Pipelines;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>
/// One APPEND (RFC 3501 §6.3.11) of one or several messages (RFC 3502), each a literal or put together (RFC 4469): decided before each literal is
/// asked for, the octets go straight into drafts, and all are stored or none.
/// </summary>
internal sealed class Append(ImapSession session) : IAsyncDisposable
{
    // Each holds a file or some memory until the last one has come; clients that know MULTIAPPEND send a few dozen.
    private const int MaxMessages = 100;

    // Of all together: a client that never ends must not fill the disk.
    private const int MaxTotal = 10;

    private readonly List<IMessageDraft> _drafts = [];
    private IMailAccount? _account;
    private FolderName _folder;
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
                AppendStep.Data => Take(literal),
                _ => _size == 0 ? Completion.No("CANNOT", "Message is empty") : null,
            };
            if (refused is not null)
                return refused;
        }

        // A whole message of nothing is not asked for.
        return literal == 0 && _size == 0 && piece is { IsLast: false, Next: AppendState.AfterMessage } ? Completion.No("CANNOT", "Message is empty") : null;
    }

    public async ValueTask<Completion> FinishAsync(CancellationToken cancellationToken)
    {
        var stored = await _account!.CommitAsync(_drafts, cancellationToken).ConfigureAwait(false);
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
        return FolderNames.TryRead(piece.Mailbox, out _folder) ? null : FolderNames.Invalid;
    }

    private async ValueTask<Completion?> BeginAsync(AppendStep.Begin begin, CancellationToken cancellationToken)
    {
        if (_drafts.Count == MaxMessages)
            return Completion.No("LIMIT", "Too many messages at once");
        _size = 0;
        var begun = await _account!.BeginAppendAsync(_folder, FlagsOf(begin.Flags), begin.InternalDate, cancellationToken).ConfigureAwait(false);
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
