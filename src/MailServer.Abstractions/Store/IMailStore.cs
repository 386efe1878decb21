namespace MailServer;

/// <summary>Stored mail.</summary>
public interface IMailStore
{
    /// <summary>Opens a user's account; its Maildir is made on first use.</summary>
    ValueTask<Outcome<IMailAccount>> OpenAsync(User user, CancellationToken cancellationToken);

    /// <summary>Opens a user's account and says who changes it, for its journal.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="author">Who.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Outcome<IMailAccount>> OpenAsync(User user, Author author, CancellationToken cancellationToken) => OpenAsync(user, cancellationToken);
}
