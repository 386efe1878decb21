namespace MailServer.Storage;

/// <summary>What cannot be done with folders.</summary>
internal static class FolderProblem
{
    /// <summary>No directory can have that name.</summary>
    public static Problem Impossible { get; } = new(new(5, 2, 0), "Mailbox name not allowed") { Reason = ProblemReason.Impossible };

    public static Problem AlreadyExists { get; } = new(new(5, 2, 0), "Mailbox exists already") { Reason = ProblemReason.AlreadyExists };

    public static Problem InboxStays { get; } = new(new(5, 2, 0), "INBOX cannot be deleted or made") { Reason = ProblemReason.Impossible };

    public static Problem InUse { get; } = new(new(4, 2, 0), "Mailbox is locked by another session") { Reason = ProblemReason.InUse };

    public static Problem Expunged { get; } = new(new(5, 2, 0), "Message is gone") { Reason = ProblemReason.Expunged };

    public static Problem Unreadable { get; } = new(new(4, 2, 0), "A message cannot be read, and so not be copied or moved") { Reason = ProblemReason.Unavailable };

    public static Problem ReadOnly { get; } = new(new(5, 2, 0), "Mailbox is open read-only") { Reason = ProblemReason.NoPermission };

    public static Problem BadKeyword { get; } = new(new(5, 2, 0), "Keyword not allowed") { Reason = ProblemReason.LimitReached };

    public static Problem TooManyKeywords { get; } = new(new(5, 2, 0), "Too many keywords on a message") { Reason = ProblemReason.LimitReached };

    /// <summary>The letters would make a file's name longer than a name can be; the base name is the message's identity, and stays.</summary>
    public static Problem NoRoomForFlags { get; } =
        new(new(5, 2, 0), "The file of a message has too long a name for these flags") { Reason = ProblemReason.LimitReached };

    public static Problem UnknownUse { get; } = new(new(5, 2, 0), "Special use not known") { Reason = ProblemReason.Impossible };

    public static Problem TooMany { get; } = new(new(5, 2, 0), "Too many mailboxes") { Reason = ProblemReason.LimitReached };
}
