using System.Buffers;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>THREAD and UID THREAD (RFC 5256 §3, §4).</summary>
internal static class ThreadResponse
{
    public static async ValueTask WriteAsync(
        ImapSession session, IFolderView view, IReadOnlyList<int> sequences, bool isUid, ThreadAlgorithm algorithm, CancellationToken cancellationToken)
    {
        var messages = await Headings.SelectAsync(view, sequences, (sequence, heading) => (NodeOf(view, sequence, heading), heading.MessageId, heading.References), cancellationToken)
            .ConfigureAwait(false);
        var threads = algorithm == ThreadAlgorithm.References ? ThreadByReferences.Build(messages) : ThreadBySubject.Build(messages.Select(message => message.Item1));
        session.Output.Pipe.Write("* THREAD"u8);
        for (var i = 0; i < threads.Count; i++)
        {
            if (i == 0)
                session.Output.Pipe.Write(" "u8);
            Write(session, threads[i], sequence => isUid ? view.UidAt(sequence) : (uint)sequence);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }

        session.Output.Pipe.Write("\r\n"u8);
    }

    private static ThreadNode NodeOf(IFolderView view, int sequence, MessageHeading heading)
    {
        var subject = BaseSubject.Of(heading.Subject);
        return new() { Sequence = sequence, Sent = Headings.SentTicks(view, sequence, heading), Subject = subject with { Text = Headings.Collate(subject.Text) } };
    }

    // thread-list = "(" (thread-members / thread-nested) ")": a line of only children needs no parentheses, several children have them each.
    private static void Write(ImapSession session, ThreadNode root, Func<int, uint> numberOf)
    {
        var writer = session.Output.Begin();
        var open = new Stack<ThreadNode?>();
        open.Push(root);
        while (open.TryPop(out var next))
        {
            if (next is null)
            {
                writer.Raw(')');
                continue;
            }

            writer.Raw('(');
            open.Push(null);
            var node = next;
            if (!node.IsDummy)
                writer.Number(numberOf(node.Sequence));
            while (node.Children.Count == 1)
            {
                node = node.Children[0];
                writer.Raw(' ');
                writer.Number(numberOf(node.Sequence));
            }

            if (node.Children.Count > 1 && !node.IsDummy)
                writer.Raw(' ');
            for (var i = node.Children.Count - 1; i >= 0; i--)
                open.Push(node.Children[i]);
        }

        writer.Commit();
    }
}
