using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>From a request to its command, by the state that the command needs (RFC 3501 §6).</summary>
internal static class Dispatcher
{
    private static readonly Completion LogInFirst = Completion.Bad("Log in first");
    private static readonly Completion SelectFirst = Completion.Bad("No mailbox selected");
    private static readonly Completion CharsetIsKnown = Completion.Bad("Texts are in UTF-8");
    private static readonly Completion LoggedIn = Completion.Bad("Already logged in");

    /// <summary>RFC 9586 §3.1: a command with sequence numbers.</summary>
    public static Completion UidRequired { get; } = Completion.Bad("UIDREQUIRED", "Sequence numbers are off");

    /// <summary>Runs a request. Null when its answer comes later.</summary>
    public static async ValueTask<Completion?> RunAsync(ImapSession session, ImapRequest request, CancellationToken cancellationToken)
    {
        if (await RunAnyStateAsync(session, request, cancellationToken).ConfigureAwait(false) is { } any)
            return any;
        if (request is ImapRequest.Authenticate authenticate)
            return session.State is ImapState.NotAuthenticated
                ? await Authenticate.RunAsync(session, authenticate, cancellationToken).ConfigureAwait(false)
                : LoggedIn;
        if (request is ImapRequest.Simple { Command: SimpleCommand.Idle } idle)
            return session.State is ImapState.NotAuthenticated ? LogInFirst : Idle.Run(session, idle);

        return session.State switch
        {
            ImapState.Authenticated state =>
                await RunAuthenticatedAsync(session, state.Account, request, cancellationToken).ConfigureAwait(false) ?? SelectFirst,
            ImapState.Selected when session.Features.HasFlag(ImapFeatures.UidOnly) && HasSequences(request) => UidRequired,

            // RFC 6855 §3: two charsets would be one too many.
            ImapState.Selected when session.Features.HasFlag(ImapFeatures.Utf8) && request is ImapRequest.Search { HasCharset: true } => CharsetIsKnown,
            ImapState.Selected state =>
                await RunSelectedAsync(session, state.View, request, cancellationToken).ConfigureAwait(false)
                ?? await RunAuthenticatedAsync(session, state.Account, request, cancellationToken).ConfigureAwait(false) ?? LoggedIn,
            _ => LogInFirst,
        };
    }

    /// <summary>Whether EXPUNGE responses may come before the answer: not with sequence numbers in use (RFC 3501 §7.4.1, RFC 7162 §3.2.10.2).</summary>
    public static bool MayExpunge(ImapRequest request) => request is not
        (ImapRequest.Fetch { IsUid: false } or ImapRequest.Store { IsUid: false } or ImapRequest.Search { IsUid: false } or ImapRequest.Search { HasSequences: true });

    private static bool HasSequences(ImapRequest request) => request is
        ImapRequest.Fetch { IsUid: false } or ImapRequest.Store { IsUid: false } or ImapRequest.Copy { IsUid: false }
        or ImapRequest.Search { IsUid: false } or ImapRequest.Search { HasSequences: true };

    private static async ValueTask<Completion?> RunAnyStateAsync(ImapSession session, ImapRequest request, CancellationToken cancellationToken) => request switch
    {
        ImapRequest.Simple { Command: SimpleCommand.Capability } => Capability.Run(session),
        ImapRequest.Simple { Command: SimpleCommand.Noop } => Noop.Run(),
        ImapRequest.Simple { Command: SimpleCommand.Logout } => Logout.Run(session),
        ImapRequest.Id => Id.Run(session),
        ImapRequest.Simple { Command: SimpleCommand.StartTls } => StartTls.Run(session),
        ImapRequest.Login login => session.State is ImapState.NotAuthenticated
            ? await Login.RunAsync(session, login, cancellationToken).ConfigureAwait(false)
            : LoggedIn,
        _ => null,
    };

    private static async ValueTask<Completion?> RunAuthenticatedAsync(
        ImapSession session, IMailAccount account, ImapRequest request, CancellationToken cancellationToken) => request switch
        {
            ImapRequest.Select select => await Select.RunAsync(session, account, select, cancellationToken).ConfigureAwait(false),
            ImapRequest.Status status => await Status.RunAsync(session, account, status, cancellationToken).ConfigureAwait(false),
            ImapRequest.List list => await List.RunAsync(session, account, list, cancellationToken).ConfigureAwait(false),
            ImapRequest.Lsub lsub => await Lsub.RunAsync(session, account, lsub, cancellationToken).ConfigureAwait(false),
            ImapRequest.Create create => await Create.RunAsync(session, account, create, cancellationToken).ConfigureAwait(false),
            ImapRequest.Rename rename => await Rename.RunAsync(session, account, rename, cancellationToken).ConfigureAwait(false),
            ImapRequest.OnMailbox { Command: MailboxCommand.Delete } delete =>
                await Delete.RunAsync(session, account, delete, cancellationToken).ConfigureAwait(false),
            ImapRequest.OnMailbox { Command: MailboxCommand.GetQuotaRoot } root => await Quota.RootAsync(session, account, root, cancellationToken).ConfigureAwait(false),
            ImapRequest.OnMailbox { Command: MailboxCommand.GetQuota } quota => await Quota.RunAsync(session, account, quota, cancellationToken).ConfigureAwait(false),
            ImapRequest.OnMailbox subscribe => await Subscribe.RunAsync(session, account, subscribe, cancellationToken).ConfigureAwait(false),
            ImapRequest.Search { Source: not null } search => await MultiSearch.RunAsync(session, account, search, cancellationToken).ConfigureAwait(false),
            ImapRequest.GetMetadata get => await Metadata.GetAsync(session, account, get, cancellationToken).ConfigureAwait(false),
            ImapRequest.SetMetadata set => await Metadata.SetAsync(session, account, set, cancellationToken).ConfigureAwait(false),
            ImapRequest.Compress compress => Compress.Run(session, compress),
            ImapRequest.Enable enable => Enable.Run(session, enable),
            ImapRequest.Simple { Command: SimpleCommand.Unauthenticate } => await Unauthenticate.RunAsync(session).ConfigureAwait(false),
            ImapRequest.Simple { Command: SimpleCommand.Namespace } => Namespace.Run(session),
            _ => null,
        };

    private static async ValueTask<Completion?> RunSelectedAsync(
        ImapSession session, IFolderView view, ImapRequest request, CancellationToken cancellationToken) => request switch
        {
            ImapRequest.Fetch fetch => await Fetch.RunAsync(session, view, fetch, cancellationToken).ConfigureAwait(false),
            ImapRequest.Store store => await Store.RunAsync(session, view, store, cancellationToken).ConfigureAwait(false),
            ImapRequest.Search { Source: null } search => await Search.RunAsync(session, view, search, cancellationToken).ConfigureAwait(false),
            ImapRequest.Copy { IsMove: false } copy => await Copy.RunAsync(session, view, copy, cancellationToken).ConfigureAwait(false),
            ImapRequest.Copy move => await Move.RunAsync(session, view, move, cancellationToken).ConfigureAwait(false),
            ImapRequest.Expunge expunge => await Expunge.RunAsync(session, view, expunge, cancellationToken).ConfigureAwait(false),
            ImapRequest.CancelUpdate cancel => CancelUpdate.Run(session, cancel),
            ImapRequest.Simple { Command: SimpleCommand.Check } => Check.Run(),
            ImapRequest.Simple { Command: SimpleCommand.Close } => await Close.RunAsync(session, view, cancellationToken).ConfigureAwait(false),
            ImapRequest.Simple { Command: SimpleCommand.Unselect } => await Unselect.RunAsync(session).ConfigureAwait(false),
            _ => null,
        };
}
