namespace MailServer.Plugins.Imap.Commands;

/// <summary>The REFERENCES algorithm (RFC 5256 §3), its steps numbered as there. Nothing recurses: senders choose how deep a thread is.</summary>
internal static class ThreadByReferences
{
    /// <summary>The threads of messages in the order of the mailbox.</summary>
    public static List<ThreadNode> Build(IEnumerable<(ThreadNode Message, string? Id, IReadOnlyList<string> References)> messages)
    {
        var nodes = new List<ThreadNode>();
        var known = new Dictionary<string, ThreadNode>(StringComparer.Ordinal);
        foreach (var (message, id, references) in messages)
            Link(message, id, references, nodes, known);

        var roots = Prune([.. nodes.Where(node => node.Parent is null)]);
        SortSiblings(roots);
        roots = JoinBySubject(roots);
        SortSiblings(roots);
        return roots;
    }

    // (1). The first message with an id has it, others with the same are nobody's parent.
    private static void Link(ThreadNode message, string? id, IReadOnlyList<string> references, List<ThreadNode> nodes, Dictionary<string, ThreadNode> known)
    {
        var node = message;
        if (id is not null && known.TryGetValue(id, out var there) && there.IsDummy)
        {
            (there.Sequence, there.Sent, there.Subject) = (message.Sequence, message.Sent, message.Subject);
            node = there;
        }
        else
        {
            nodes.Add(node);
            if (id is not null)
                known.TryAdd(id, node);
        }

        ThreadNode? parent = null;
        foreach (var reference in references)
        {
            if (!known.TryGetValue(reference, out var next))
            {
                known[reference] = next = new();
                nodes.Add(next);
            }

            if (next.Parent is null)
                parent?.Adopt(next);
            parent = next;
        }

        // (1.B): the last reference is the true parent, whatever a shorter list has said before.
        if (parent == node)
            return;
        node.Leave();
        parent?.Adopt(node);
    }

    // (3): dummies go, their children take their places; at the top a dummy with several children stays.
    private static List<ThreadNode> Prune(List<ThreadNode> roots)
    {
        foreach (var node in Downwards(roots).AsEnumerable().Reverse())
            if (node.Children.Exists(child => child.IsDummy))
                node.Children = [.. node.Children.SelectMany(child => child.IsDummy ? child.Children : [child])];
        return [.. roots.SelectMany(root => root.IsDummy && root.Children.Count < 2 ? root.Children : [root])];
    }

    // (4) and (6): the lowest siblings first, since a dummy is where its first child is.
    private static void SortSiblings(List<ThreadNode> roots)
    {
        foreach (var node in Downwards(roots).AsEnumerable().Reverse())
            node.Children.Sort(ThreadNode.Compare);
        roots.Sort(ThreadNode.Compare);
    }

    // (5)
    private static List<ThreadNode> JoinBySubject(List<ThreadNode> roots)
    {
        var table = new Dictionary<string, ThreadNode>(StringComparer.Ordinal);
        foreach (var root in roots)
            if (SubjectOf(root) is { Length: > 0 } subject
                && (!table.TryGetValue(subject, out var there) || (!there.IsDummy && (root.IsDummy || (there.Subject.IsReply && !root.Subject.IsReply)))))
                table[subject] = root;

        // Where each one of the top has gone: null for into another thread.
        var places = roots.ToDictionary(root => root, root => (ThreadNode?)root);
        foreach (var root in roots)
        {
            var subject = SubjectOf(root);
            if (subject.Length == 0 || table[subject] == root)
                continue;
            var there = table[subject];
            places[root] = null;
            if (there.IsDummy && root.IsDummy)
                there.Children.AddRange(root.Children);
            else if (there.IsDummy || (root.Subject.IsReply && !there.Subject.IsReply))
                there.Children.Add(root);
            else
                table[subject] = places[there] = new() { Children = [there, root] };
        }

        return [.. roots.Select(root => places[root]).OfType<ThreadNode>()];
    }

    private static string SubjectOf(ThreadNode root) => root.Head.Subject.Text;

    private static List<ThreadNode> Downwards(List<ThreadNode> roots)
    {
        List<ThreadNode> all = [.. roots];
        for (var i = 0; i < all.Count; i++)
            all.AddRange(all[i].Children);
        return all;
    }
}
