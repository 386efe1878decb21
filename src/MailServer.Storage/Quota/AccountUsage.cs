namespace MailServer.Storage;

/// <summary>What an account holds, for reports. Writes nothing: a command may run as another user than the server.</summary>
public static class AccountUsage
{
    /// <summary>By the account's <c>maildirsize</c>; null when there are no limits, or the file says nothing of use. Nothing is counted.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static QuotaUsage? Known(StoreOptions options, User user)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(user);
        var limit = user.Quota ?? options.Quota;
        return limit.HasLimit && MaildirSize.Read(Path.Combine(options.MaildirOf(user), MaildirSize.FileName)) is var (_, used) ? Of(used, limit) : null;
    }

    /// <summary>By a look at every folder.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static QuotaUsage Count(StoreOptions options, User user)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(user);
        var root = options.MaildirOf(user);
        var used = Directory.Exists(root) ? MaildirCount.Of(new FolderPaths(root, options.Layout).All().Select(place => place.Path)) : default;
        return Of(used, user.Quota ?? options.Quota);
    }

    private static QuotaUsage Of(MaildirUse used, Quota limit) => new() { Storage = used.Storage, Messages = used.Messages, Limit = limit };
}
