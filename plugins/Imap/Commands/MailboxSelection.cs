using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>The mailboxes that filters name (RFC 5465 §6), each once, in LIST's order; what does not exist or cannot be selected is passed over.</summary>
internal static class MailboxSelection
{
    public static async ValueTask<Outcome<IReadOnlyList<FolderName>>> FindAsync(
        ImapSession session, IMailAccount account, IReadOnlyList<MailboxFilter> filters, CancellationToken cancellationToken)
    {
        var listed = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        if (!listed.TryGet(out var folders, out var problem))
            return problem;
        HashSet<FolderName> subscribed = [];
        if (filters.Any(filter => filter.Kind == MailboxFilterKind.Subscribed))
        {
            var names = await account.ListSubscribedAsync(cancellationToken).ConfigureAwait(false);
            if (!names.TryGet(out var list, out problem))
                return problem;
            subscribed = [.. list];
        }

        var tests = filters.Select(filter => TestOf(session, filter, subscribed)).ToList();
        return folders.Where(folder => folder.IsSelectable && tests.Exists(test => test(folder.Name))).Select(folder => folder.Name).ToList();
    }

    private static Func<FolderName, bool> TestOf(ImapSession session, MailboxFilter filter, HashSet<FolderName> subscribed)
    {
        var names = filter.Names.Select(text => FolderNames.TryRead(session, text, out var name) ? name : (FolderName?)null).OfType<FolderName>().ToHashSet();
        return filter.Kind switch
        {
            MailboxFilterKind.Selected => name => session.View?.Folder == name,
            MailboxFilterKind.Inboxes => name => name.IsInbox,
            MailboxFilterKind.Personal => _ => true,
            MailboxFilterKind.Subscribed => subscribed.Contains,
            MailboxFilterKind.Mailboxes => names.Contains,
            MailboxFilterKind.SubtreeOne => name => names.Contains(name) || (ParentOf(name) is { } parent && names.Contains(parent)),
            _ => name => IsBelow(names, name),
        };
    }

    // A name has few levels (FolderName.MaxLevels).
    private static bool IsBelow(HashSet<FolderName> names, FolderName name)
    {
        for (FolderName? level = name; level is { } one; level = ParentOf(one))
            if (names.Contains(one))
                return true;
        return false;
    }

    private static FolderName? ParentOf(FolderName name) => name.Value.LastIndexOf('/') is var slash and > 0 ? new(name.Value[..slash]) : null;
}
