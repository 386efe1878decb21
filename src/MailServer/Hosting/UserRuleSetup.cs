using System.Globalization;
using MailServer.Pipeline;
using MailServer.Posix;
using MailServer.Rules;
using MailServer.Server.Commands;
using MailServer.Server.Configuration;

namespace MailServer.Server.Hosting;

/// <summary>Users' own rules on this machine: where they are, whom their processes become, and which lock there is.</summary>
internal static class UserRuleSetup
{
    private const string PasswordFile = "/etc/passwd";

    private static readonly string[] BubblewrapPlaces = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"];

    /// <summary>The scripts of all accounts; null when users have none.</summary>
    public static UserScripts? Create(ServerConfig config, TimeProvider time, Microsoft.Extensions.Logging.ILoggerFactory logging) =>
        config.UserRules is { } users ? new(new(OptionsOf(config, users), time, logging, new RuleTests(config.Hostname)), DirectoryOf(config, users)) : null;

    /// <summary>Where an account's scripts are.</summary>
    public static Func<User, string> DirectoryOf(ServerConfig config, UserRulesConfig users)
    {
        var options = StoreTargets.OptionsOf(config);
        return user => options.FolderOf(users.Directory, user);
    }

    /// <summary>How they are compiled and run here.</summary>
    public static UserRuleOptions OptionsOf(ServerConfig config, UserRulesConfig users)
    {
        var bubblewrap = Landlock.Version == 0 && users.HasBubblewrap ? BubblewrapPlaces.FirstOrDefault(File.Exists) : null;
        var user = ProcessLocks.IsRoot ? FindUser(users.WorkerUser) : null;
        return new()
        {
            CacheDirectory = Path.Combine(config.DataDirectory, "cache", "rules-of-users"),
            Refusal = FindRefusal(users, bubblewrap, user),
            Workers = new()
            {
                RuleHostPath = MailHost.RuleHostPath,
                User = user,
                Bubblewrap = bubblewrap,
                MaxWorkers = users.Workers,
            },
        };
    }

    private static string? FindRefusal(UserRulesConfig users, string? bubblewrap, (uint User, uint Group)? user)
    {
        if (Landlock.Version == 0 && bubblewrap is null)
            return users.HasBubblewrap
                ? "this kernel has no Landlock, and bubblewrap (bwrap) is not installed"
                : "this kernel has no Landlock ([rules] without_landlock = \"bubblewrap\" does without)";
        if (!ProcessLocks.IsRoot)
            return null;
        return user switch
        {
            null => $"[rules] worker_user = \"{users.WorkerUser}\": no such user in {PasswordFile}",
            { User: 0 } => $"[rules] worker_user = \"{users.WorkerUser}\": root is no user for a stranger's scripts",
            _ => null,
        };
    }

    /// <summary>A user's number and its group's, by name, or by <c>UID:GID</c> for one that is not in the file.</summary>
    private static (uint User, uint Group)? FindUser(string name)
    {
        if (name.Split(':') is [var user, var group] && Number(user) is { } userId && Number(group) is { } groupId)
            return (userId, groupId);
        try
        {
            foreach (var line in File.ReadLines(PasswordFile))
                if (line.Split(':') is [var login, _, var id, var main, ..] && login == name && Number(id) is { } found && Number(main) is { } foundGroup)
                    return (found, foundGroup);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then it is a user that nobody knows.
        }

        return null;

        static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
