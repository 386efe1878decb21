using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>Which mailboxes a <see cref="MailboxFilter"/> names (RFC 5465 §6, RFC 7377 §2.2).</summary>
public enum MailboxFilterKind
{
    /// <summary>The open one.</summary>
    Selected,
    /// <summary>All in which new mail may come to lie.</summary>
    Inboxes,
    /// <summary>All of the user's own.</summary>
    Personal,
    /// <summary>All that are subscribed.</summary>
    Subscribed,
    /// <summary>Those named, with all below them.</summary>
    Subtree,
    /// <summary>Those named, with those one level below.</summary>
    SubtreeOne,
    /// <summary>Those named.</summary>
    Mailboxes,
}

/// <summary><c>filter-mailboxes</c> (RFC 5465 §8).</summary>
/// <param name="Kind">Which.</param>
/// <param name="Names">Names of mailboxes, for those kinds that have some.</param>
public sealed record MailboxFilter(MailboxFilterKind Kind, IReadOnlyList<ReadOnlyMemory<byte>> Names)
{
    private static readonly (byte[] Name, MailboxFilterKind Kind, bool HasNames)[] Kinds =
    [
        ("selected"u8.ToArray(), MailboxFilterKind.Selected, false),
        ("inboxes"u8.ToArray(), MailboxFilterKind.Inboxes, false),
        ("personal"u8.ToArray(), MailboxFilterKind.Personal, false),
        ("subscribed"u8.ToArray(), MailboxFilterKind.Subscribed, false),
        ("subtree"u8.ToArray(), MailboxFilterKind.Subtree, true),
        ("subtree-one"u8.ToArray(), MailboxFilterKind.SubtreeOne, true),
        ("mailboxes"u8.ToArray(), MailboxFilterKind.Mailboxes, true),
    ];

    /// <summary>Reads <c>"(" filter-mailboxes *(SP filter-mailboxes) ")"</c>.</summary>
    internal static bool TryReadList(ref Cursor cursor, out IReadOnlyList<MailboxFilter> filters)
    {
        var list = new List<MailboxFilter>();
        filters = list;
        if (!cursor.TrySkip('('))
            return false;
        do
        {
            if (list.Count == GrammarLimits.Names || !TryRead(ref cursor, out var filter))
                return false;
            list.Add(filter);
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')');
    }

    private static bool TryRead(ref Cursor cursor, out MailboxFilter filter)
    {
        filter = new(MailboxFilterKind.Selected, []);
        if (!cursor.TryReadAtom(out var name))
            return false;
        foreach (var row in Kinds)
        {
            if (!Ascii.EqualsIgnoreCase(row.Name, name.Span))
                continue;
            IReadOnlyList<ReadOnlyMemory<byte>> names = [];
            if (row.HasNames && !(cursor.TrySkipSpace() && TryReadNames(ref cursor, out names)))
                return false;
            filter = new(row.Kind, names);
            return true;
        }

        return false;
    }

    /// <summary><c>one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"</c>.</summary>
    private static bool TryReadNames(ref Cursor cursor, out IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        var list = new List<ReadOnlyMemory<byte>>();
        names = list;
        var isMany = cursor.TrySkip('(');
        do
        {
            if (list.Count == GrammarLimits.Mailboxes || !cursor.TryReadAString(out var name))
                return false;
            list.Add(name);
        }
        while (isMany && cursor.TrySkipSpace());

        return !isMany || cursor.TrySkip(')');
    }
}
