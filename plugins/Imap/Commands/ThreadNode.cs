namespace MailServer.Plugins.Imap.Commands;

/// <summary>A message in a tree of answers, or a stand-in for one that is not there.</summary>
internal sealed class ThreadNode
{
    /// <summary>Its sequence number; 0 for a dummy.</summary>
    public int Sequence { get; set; }

    /// <summary>When it was sent, in ticks of UTC.</summary>
    public long Sent { get; set; }

    /// <summary>Its subject.</summary>
    public BaseSubject Subject { get; set; } = new("", false);

    public ThreadNode? Parent { get; private set; }

    public List<ThreadNode> Children { get; set; } = [];

    public bool IsDummy => Sequence == 0;

    /// <summary>The message that speaks for a thread: a dummy's first child.</summary>
    public ThreadNode Head => IsDummy && Children.Count > 0 ? Children[0] : this;

    /// <summary>By sent date, then by place in the mailbox (RFC 5256 §2.2).</summary>
    public static int Compare(ThreadNode left, ThreadNode right)
    {
        (left, right) = (left.Head, right.Head);
        return left.Sent != right.Sent ? left.Sent.CompareTo(right.Sent) : left.Sequence.CompareTo(right.Sequence);
    }

    /// <summary>Makes it a child; nothing happens where that would close a loop.</summary>
    public void Adopt(ThreadNode child)
    {
        // Who has no children is nobody's ancestor: mails in the order of their coming are linked without a look upwards.
        if (child == this || (child.Children.Count > 0 && IsBelow(child)))
            return;
        child.Leave();
        child.Parent = this;
        Children.Add(child);
    }

    /// <summary>Has no parent any more.</summary>
    public void Leave()
    {
        Parent?.Children.Remove(this);
        Parent = null;
    }

    private bool IsBelow(ThreadNode other)
    {
        for (var node = Parent; node is not null; node = node.Parent)
            if (node == other)
                return true;
        return false;
    }
}
