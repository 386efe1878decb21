namespace MailServer;

/// <summary>Stored mail.</summary>
public interface IMailStore
{
    /// <summary>Opens a user's account; its Maildir is made on first use.</summary>
    ValueTask<Outcome<IMailAccount>> OpenAsync(User user, CancellationToken cancellationToken);
}
