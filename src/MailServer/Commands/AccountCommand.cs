using System.Text;
using System.Text.Json;
using MailServer.Accounts;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using MailServer.Server.Hosting;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver account add|list|remove|password</c>: changes accounts through the editor of the plugin that keeps them.</summary>
internal static class AccountCommand
{
    // SASLprep and hashing are for words, not for files.
    private const int MaxPassword = 1024;

    public static async Task<int> ListAsync(string file, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        var options = StoreTargets.OptionsOf(config);
        var offline = await OfflinePlugins.LoadAsync(config, cancellationToken).ConfigureAwait(false);
        await using (offline.ConfigureAwait(false))
        {
            // A broken plugin need not be the one that keeps accounts; but a list without it may be too short.
            foreach (var failure in offline.Failures)
                await Console.Error.WriteLineAsync(failure).ConfigureAwait(false);
            var users = await offline.Plugins.Accounts.ListAsync(cancellationToken).ConfigureAwait(false);
            IReadOnlyList<AccountReport> accounts = [.. users.Select(user => new AccountReport(user.Name, user.Address.ToString(), user.Home, QuotaReport.Known(options, user)))];
            if (asJson)
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(accounts, PrintJson.Default.IReadOnlyListAccountReport)).ConfigureAwait(false);
            else
                foreach (var account in accounts)
                    await Console.Out.WriteLineAsync(account.Quota is { } quota ? $"{account.Address}  {quota.Text()}" : account.Address).ConfigureAwait(false);
            return offline.Failures.Count == 0 || accounts.Count > 0 ? ExitCode.Done : ExitCode.No;
        }
    }

    public static Task<int> AddAsync(string file, string address, bool fromStdin, CancellationToken cancellationToken) =>
        EditAsync(file, address, async (editor, passwords, who) =>
            await ReadPasswordAsync(fromStdin, cancellationToken).ConfigureAwait(false) is { } password
                ? await editor.AddAsync(who, await passwords.HashAsync(password, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)
                : throw new UsageException(),
            "added", cancellationToken, isFirst: true);

    public static Task<int> PasswordAsync(string file, string address, bool fromStdin, CancellationToken cancellationToken) =>
        EditAsync(file, address, async (editor, passwords, who) =>
            await ReadPasswordAsync(fromStdin, cancellationToken).ConfigureAwait(false) is { } password
                ? await editor.SetPasswordAsync(who, await passwords.HashAsync(password, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)
                : throw new UsageException(),
            "has a new password", cancellationToken);

    public static Task<int> RemoveAsync(string file, string address, CancellationToken cancellationToken) =>
        EditAsync(file, address, (editor, _, who) => editor.RemoveAsync(who, cancellationToken), "removed; its mail stays on disk", cancellationToken);

    private static async Task<int> EditAsync(
        string file, string address, Func<IAccountEditor, IPasswordHasher, EmailAddress, ValueTask<Problem?>> edit, string done, CancellationToken cancellationToken,
        bool isFirst = false)
    {
        if (!EmailAddress.TryParse(address, out var who))
            return await ExitCode.FailAsync(ExitCode.Wrong, $"\"{address}\" is no address").ConfigureAwait(false);
        var config = ConfigReader.Read(file);
        if (!config.Domains.Contains(who.Domain))
            return await ExitCode.FailAsync(ExitCode.No, $"{config.File}: \"{who.Domain}\" is none of its [[domains]]").ConfigureAwait(false);

        using var first = isFirst ? FirstUsersFile.Ensure(config) : null;
        var offline = await OfflinePlugins.LoadAsync(config, cancellationToken).ConfigureAwait(false);
        await using (offline.ConfigureAwait(false))
        {
            if (offline.Plugins.Accounts.Editor is not { } editor)
                return await ExitCode.FailAsync(ExitCode.No, string.Join('\n', ["no plugin that is loaded keeps accounts that can be changed", .. offline.Failures])).ConfigureAwait(false);
            try
            {
                if (await edit(editor, offline.Passwords, who).ConfigureAwait(false) is { } problem)
                    return await ExitCode.FailAsync(ExitCode.No, $"{who}: {problem.Text}").ConfigureAwait(false);
            }
            catch (UsageException e)
            {
                return await ExitCode.FailAsync(ExitCode.Wrong, e.Message).ConfigureAwait(false);
            }

            await Console.Out.WriteLineAsync($"{who} {done}").ConfigureAwait(false);
            return ExitCode.Done;
        }
    }

    private static async ValueTask<string?> ReadPasswordAsync(bool fromStdin, CancellationToken cancellationToken)
    {
        if (fromStdin)
            return await Console.In.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 and <= MaxPassword } line
                ? Usable(line)
                : throw new UsageException("standard input has no password in its first line");
        if (Console.IsInputRedirected)
            throw new UsageException("standard input is no terminal: use --password-stdin");
        var password = Ask("Password: ");
        if (password.Length == 0)
            throw new UsageException("a password cannot be empty");
        return Usable(password) == Ask("Again: ") ? password : throw new UsageException("these were two different passwords");
    }

    private static string Usable(string password) =>
        PasswordHasher.ExplainPassword(password) is { } reason ? throw new UsageException($"the password cannot be used: {reason}") : password;

    /// <summary>Asks without an echo. Written to stderr: standard output may be a file.</summary>
    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (key.KeyChar != '\0' && text.Length < MaxPassword)
                text.Append(key.KeyChar);
        Console.Error.WriteLine();
        return text.ToString();
    }

    private sealed class UsageException(string message = "a password is needed") : Exception(message);
}
