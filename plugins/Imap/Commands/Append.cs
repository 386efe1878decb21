using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>APPEND (RFC 3501 §6.3.11): decided before the literal is asked for, then the octets go straight into the draft.</summary>
internal static class Append
{
    /// <summary>A draft, or why the message is not wanted.</summary>
    public static async ValueTask<(IMessageDraft? Draft, Completion Refusal)> BeginAsync(
        ImapSession session, ReadOnlyMemory<byte> octets, long size, CancellationToken cancellationToken)
    {
        var account = session.State switch
        {
            ImapState.Authenticated state => state.Account,
            ImapState.Selected state => state.Account,
            _ => null,
        };
        if (account is null)
            return (null, Completion.Bad("Log in first"));
        if (!AppendRequest.TryRead(octets, out var request))
            return (null, Completion.Bad("Invalid arguments"));
        if (size > session.Services.Options.MaxMessageSize)
            return (null, Completion.No("TOOBIG", "Message too big"));
        if (size == 0)
            return (null, Completion.No("CANNOT", "Message is empty"));
        if (!FolderNames.TryRead(request.Mailbox, out var folder))
            return (null, FolderNames.Invalid);

        var begun = await account.BeginAppendAsync(folder, FlagsOf(request.Flags), request.InternalDate, cancellationToken).ConfigureAwait(false);
        return begun.TryGet(out var draft, out var problem) ? (draft, default) : (null, Completion.FromTarget(problem));
    }

    public static async ValueTask<Completion> FinishAsync(IMessageDraft draft, CancellationToken cancellationToken)
    {
        var stored = await draft.CommitAsync(cancellationToken).ConfigureAwait(false);
        return stored.TryGet(out var result, out var problem)
            ? Completion.Ok($"APPENDUID {result.UidValidity} {result.Uid}", "APPEND completed")
            : Completion.FromTarget(problem);
    }

    /// <summary>From the wire's flags to the store's.</summary>
    public static MessageFlags FlagsOf(FlagList flags) => new()
    {
        System = (SystemFlags)flags.System,
        Keywords = flags.Keywords.Count == 0 ? [] : [.. flags.Keywords.Select(keyword => Encoding.ASCII.GetString(keyword.Span))],
    };
}
