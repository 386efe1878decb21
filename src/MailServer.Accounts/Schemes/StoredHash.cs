namespace MailServer.Accounts.Schemes;

/// <summary>A stored hash that has been read and is within the limits.</summary>
internal abstract class StoredHash
{
    /// <summary>Whether a check costs so much that a success is worth remembering.</summary>
    public virtual bool IsCostly => true;

    /// <summary>Whether a check takes so much memory that only one may run at a time.</summary>
    public virtual bool TakesMemory => false;

    /// <summary>Compares in constant time over the hash.</summary>
    public abstract ValueTask<bool> MatchesAsync(string password);
}

/// <summary>A stored hash cannot be read. The message says why without quoting it: it may be a password.</summary>
internal sealed class HashFormatException(string reason) : FormatException(reason);
