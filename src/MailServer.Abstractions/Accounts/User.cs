namespace MailServer;

/// <summary>A user with a mail account.</summary>
public sealed record User
{
    /// <summary>The login name, as the directory knows it.</summary>
    public required string Name { get; init; }

    /// <summary>The main address; its parts fill <c>{user}</c> and <c>{domain}</c> in the store's path.</summary>
    public required EmailAddress Address { get; init; }

    /// <summary>The home directory that the directory names, for <c>{home}</c> in the store's path.</summary>
    public string? Home { get; init; }

    /// <summary>What the account may hold; null where the directory says nothing and the server's own limits hold.</summary>
    public Quota? Quota { get; init; }
}
