namespace MailServer;

/// <summary>An enhanced status code, RFC 3463 §2: <c>class.subject.detail</c>.</summary>
/// <param name="Class">2 success, 4 try later, 5 final.</param>
/// <param name="Subject">RFC 3463 §3.</param>
/// <param name="Detail">RFC 3463 §3.</param>
public readonly record struct StatusCode(byte Class, ushort Subject, ushort Detail)
{
    /// <summary>Whether trying again later may help.</summary>
    public bool IsTransient => Class == 4;

    /// <inheritdoc/>
    public override string ToString() => $"{Class}.{Subject}.{Detail}";
}

/// <summary>What kind of problem it is, for protocols whose codes are not RFC 3463's (IMAP: RFC 5530).</summary>
public enum ProblemReason
{
    /// <summary>Nothing more is known than the status says.</summary>
    Other,
    /// <summary>No such folder, account or message (NONEXISTENT).</summary>
    NotFound,
    /// <summary>It is there already (ALREADYEXISTS).</summary>
    AlreadyExists,
    /// <summary>The user may not do this (NOPERM).</summary>
    NoPermission,
    /// <summary>It can never be done: an impossible folder name, a delete of INBOX (CANNOT).</summary>
    Impossible,
    /// <summary>Somebody else holds it now (INUSE).</summary>
    InUse,
    /// <summary>No room in the account (OVERQUOTA).</summary>
    OverQuota,
    /// <summary>A limit of the server is reached (LIMIT).</summary>
    LimitReached,
    /// <summary>A disk or a service fails now; later it may work (UNAVAILABLE).</summary>
    Unavailable,
    /// <summary>The message is gone (EXPUNGEISSUED).</summary>
    Expunged,
}

/// <summary>Why something did not happen, in words fit for the peer. Each protocol maps it to its own reply.</summary>
/// <param name="Status">What the peer should do about it.</param>
/// <param name="Text">One line of US-ASCII without secrets, paths or configuration.</param>
public sealed record Problem(StatusCode Status, string Text)
{
    /// <summary>What kind of problem it is.</summary>
    public ProblemReason Reason { get; init; }

    /// <summary>No such folder.</summary>
    public static Problem NoSuchFolder { get; } = new(new(5, 2, 0), "No such mailbox") { Reason = ProblemReason.NotFound };

    /// <summary>No such account (RFC 3463 §3.2, X.1.1).</summary>
    public static Problem NoSuchAccount { get; } = new(new(5, 1, 1), "No such user here") { Reason = ProblemReason.NotFound };

    /// <summary>Somebody sends in another's name (RFC 6409 §6.1).</summary>
    public static Problem NotTheirs { get; } =
        new(new(5, 7, 1), "Sender address rejected: it does not belong to the user you logged in as") { Reason = ProblemReason.NoPermission };

    /// <summary>The disk is full or broken, or a service is away (RFC 3463 §3.4, X.3.0).</summary>
    public static Problem Unavailable { get; } = new(new(4, 3, 0), "Temporary failure, try again later") { Reason = ProblemReason.Unavailable };

    /// <summary>The storage is full (RFC 3463 §3.4, X.3.1).</summary>
    public static Problem StorageFull { get; } = new(new(4, 3, 1), "Insufficient system storage") { Reason = ProblemReason.Unavailable };
}

/// <summary>A value, or why there is none.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly record struct Outcome<T>
    where T : notnull
{
    private readonly T? _value;

    /// <summary>It worked.</summary>
    public Outcome(T value) => _value = value;

    /// <summary>It did not.</summary>
    public Outcome(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Problem = problem;
    }

    /// <summary>Why there is no value; null when there is one.</summary>
    public Problem? Problem { get; }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is a <see cref="Problem"/> instead.</exception>
    public T Value => Problem is null && _value is not null
        ? _value
        : throw new InvalidOperationException($"no value: {Problem?.Text}");

    /// <summary>Gives the value, or else the problem.</summary>
    public bool TryGet([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Problem? problem)
    {
        (value, problem) = (_value, Problem);
        return problem is null;
    }

    /// <summary>It worked.</summary>
    public static implicit operator Outcome<T>(T value) => new(value);

    /// <summary>It did not.</summary>
    public static implicit operator Outcome<T>(Problem problem) => new(problem);
}
