namespace MailServer.Plugins.Imap.Commands;

/// <summary>The ORDEREDSUBJECT algorithm (RFC 5256 §3): all messages of a subject are children of the first.</summary>
internal static class ThreadBySubject
{
    public static List<ThreadNode> Build(IEnumerable<ThreadNode> messages)
    {
        var roots = new Dictionary<string, ThreadNode>(StringComparer.Ordinal);
        foreach (var message in messages.Order(Comparer<ThreadNode>.Create(ThreadNode.Compare)))
            if (!roots.TryAdd(message.Subject.Text, message))
                roots[message.Subject.Text].Adopt(message);
        return [.. roots.Values.Order(Comparer<ThreadNode>.Create(ThreadNode.Compare))];
    }
}
