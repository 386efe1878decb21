namespace MailServer;

/// <summary>Knows which accounts there are.</summary>
public interface IAccountDirectory
{
    /// <summary>
    /// Finds the account that mail for an address belongs to. The problem's reason is <see cref="ProblemReason.NotFound"/> when there is
    /// none here (the next directory is asked), <see cref="ProblemReason.Unavailable"/> when it cannot be told now.
    /// </summary>
    ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken);

    /// <summary>All accounts, in the directory's order.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken);

    /// <summary>How to change the directory, or null when it is read-only.</summary>
    IAccountEditor? Editor => null;
}

/// <summary>Changes an account directory. All methods are durable when they return.</summary>
public interface IAccountEditor
{
    /// <summary>Adds an account. The problem's reason is <see cref="ProblemReason.AlreadyExists"/> when it is there.</summary>
    ValueTask<Problem?> AddAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken);

    /// <summary>Removes an account; its mail stays on disk.</summary>
    ValueTask<Problem?> RemoveAsync(EmailAddress address, CancellationToken cancellationToken);

    /// <summary>Replaces an account's password hash.</summary>
    ValueTask<Problem?> SetPasswordAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken);

    /// <summary>Sets what an account may hold; null for the server's own limits. An editor that has no place for it says so.</summary>
    ValueTask<Problem?> SetQuotaAsync(EmailAddress address, Quota? quota, CancellationToken cancellationToken) =>
        new(new Problem(new(5, 5, 1), "This directory keeps no quotas") { Reason = ProblemReason.Impossible });
}
