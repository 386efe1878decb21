using MailServer.Server.Configuration;
using MailServer.Server.Hosting;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary>A Maildir that a command is about.</summary>
/// <param name="Name">What it is called in reports: the account's address, or the path.</param>
/// <param name="Maildir">Its directory.</param>
/// <param name="Layout">How folders lie in it.</param>
/// <param name="User">Whose it is; null when only a path was given.</param>
internal sealed record StoreTarget(string Name, string Maildir, MaildirLayout Layout, User? User)
{
    /// <summary>Days that its journal is kept.</summary>
    public int JournalDays { get; init; } = StoreOptions.DefaultJournalDays;
}

/// <summary>Which Maildirs <c>mailserver store</c> is to work on: an account's, a path's, or else those of all accounts.</summary>
internal static class StoreTargets
{
    /// <summary>Finds them. A path needs no configuration.</summary>
    /// <exception cref="StoreUsageException">There is no such account, or accounts cannot be listed.</exception>
    public static async ValueTask<IReadOnlyList<StoreTarget>> FindAsync(string file, string? account, string? maildir, CancellationToken cancellationToken)
    {
        if (account is not null && maildir is not null)
            throw new StoreUsageException(ExitCode.Wrong, "an ACCOUNT or --maildir is expected, not both");
        if (maildir is not null)
            return [Of(Path.GetFullPath(maildir))];
        var config = ConfigReader.Read(file);
        var options = OptionsOf(config);
        return [.. (await UsersAsync(config, account, cancellationToken).ConfigureAwait(false))
            .Select(user => new StoreTarget(user.Address.ToString(), options.MaildirOf(user), options.Layout, user) { JournalDays = options.JournalDays })];
    }

    /// <summary>The store's options as the server has them.</summary>
    public static StoreOptions OptionsOf(ServerConfig config) => new()
    {
        Maildir = config.Maildir,
        Layout = config.IsFsLayout ? MaildirLayout.Fs : MaildirLayout.MaildirPlusPlus,
        SearchIndex = config.HasSearchIndex,
        DataDirectory = config.DataDirectory,
        Hostname = config.Hostname,
        JournalDays = config.JournalDays,
        Quota = config.Quota,
        QuotaWarnings = config.QuotaWarnings,
        IsOverQuotaFinal = config.IsOverQuotaFinal,
    };

    /// <summary>One account, or all of them when none is named.</summary>
    /// <exception cref="StoreUsageException">There is no such account, or accounts cannot be listed.</exception>
    public static async ValueTask<IReadOnlyList<User>> UsersAsync(ServerConfig config, string? account, CancellationToken cancellationToken)
    {
        var address = default(EmailAddress);
        if (account is not null && !EmailAddress.TryParse(account, out address))
            throw new StoreUsageException(ExitCode.Wrong, $"\"{account}\" is no address; a bare Maildir is named with --maildir");
        var offline = await OfflinePlugins.LoadAsync(config, cancellationToken).ConfigureAwait(false);
        await using (offline.ConfigureAwait(false))
        {
            if (account is null)
                return await offline.Plugins.Accounts.ListAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } users
                    ? users
                    : throw new StoreUsageException(ExitCode.No, string.Join('\n', ["there are no accounts", .. offline.Failures]));
            var found = await offline.Plugins.Accounts.FindAsync(address, cancellationToken).ConfigureAwait(false);
            return found.TryGet(out var user, out var problem)
                ? [user]
                : throw new StoreUsageException(ExitCode.No, string.Join('\n', [$"{account}: {problem.Text}", .. offline.Failures]));
        }
    }

    private static StoreTarget Of(string path) => Directory.Exists(path)
        ? new(path, path, MaildirLayouts.Of(path), null)
        : throw new StoreUsageException(ExitCode.No, $"{path}: no such directory");
}

/// <summary>A command cannot begin.</summary>
/// <param name="code">What it ends with.</param>
/// <param name="reason">Why.</param>
internal sealed class StoreUsageException(int code, string reason) : Exception(reason)
{
    public int Code { get; } = code;
}
