namespace MailServer;

/// <summary>Learns what is junk from where messages are put, and forgets it again when that is taken back.</summary>
/// <remarks>
/// It is told after the fact, from the account's journal, one lesson of an account after the other. A lesson may come twice (the server died
/// in between), and late (a command did it while no server ran): what is learned must be known by <see cref="IJunkLesson.EmailId"/>. An
/// exception is a line in the log, and the lesson is passed over.
/// </remarks>
public interface IJunkTrainer
{
    /// <summary>The name in logs.</summary>
    string Name { get; }

    /// <summary>Learns from a message. What was learned from it before, as junk or not, no longer counts.</summary>
    ValueTask LearnAsync(IJunkLesson lesson, CancellationToken cancellationToken);

    /// <summary>Takes back what was learned from a message: <c>undo</c> has put it back. Nothing was, when it was learned otherwise or never.</summary>
    ValueTask UnlearnAsync(IJunkLesson lesson, CancellationToken cancellationToken);
}

/// <summary>A message that was called junk, or not junk.</summary>
public interface IJunkLesson
{
    /// <summary>Whose message it is.</summary>
    User User { get; }

    /// <summary>The message's EMAILID (RFC 8474 §4.2): the same in each folder it is in.</summary>
    string EmailId { get; }

    /// <summary>Whether it went into the folder for junk (RFC 6154 §2), and not out of it.</summary>
    bool IsJunk { get; }

    /// <summary>Who says so.</summary>
    JunkTeacher Teacher { get; }

    /// <summary>Opens the message; null when it is no longer where the lesson left it.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    ValueTask<IMessageContent?> OpenAsync(CancellationToken cancellationToken);
}

/// <summary>Who calls a message junk.</summary>
public enum JunkTeacher
{
    /// <summary>The account's owner, by putting it there.</summary>
    Owner,

    /// <summary>A rule. It may have asked for the trainer's own score: who believes that learns from its own mistakes.</summary>
    Rule,
}
