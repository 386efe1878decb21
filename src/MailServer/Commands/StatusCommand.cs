using System.Globalization;
using System.Text.Json;
using MailServer.Pipeline;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using Spectre.Console;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver status</c>: how a running server is, on one screen.</summary>
internal static class StatusCommand
{
    public static async Task<int> RunAsync(string file, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        if ((await ControlClient.AskAsync(config.DataDirectory, new() { Command = "status" }, cancellationToken).ConfigureAwait(false))?.Status is not { } status)
            return await ExitCode.FailAsync(ExitCode.No, $"no server runs with the data directory {config.DataDirectory}").ConfigureAwait(false);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(status, PrintJson.Default.StatusReport)).ConfigureAwait(false);
        else
            Print(Screen.Create(), status, TimeProvider.System.GetUtcNow());
        return ExitCode.Done;
    }

    /// <summary>Prints the screen.</summary>
    internal static void Print(IAnsiConsole screen, StatusReport status, DateTimeOffset now)
    {
        screen.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"mailserver {status.Version} on {status.Hostname}, up {Age(now - status.StartedAt)}, pid {status.ProcessId}, {status.Connections} of {status.MaxConnections} connections"));
        if (status.Certificate is { } certificate)
            screen.WriteLine(string.Create(CultureInfo.InvariantCulture, $"certificate of {certificate.Subject} until {certificate.NotAfter:yyyy-MM-dd}"));

        var listeners = Screen.Table("listener", "address", "protocol", "tls", "");
        foreach (var listener in status.Listeners)
            Screen.Row(listeners, listener.Name, listener.Address, listener.Protocol, listener.Tls, listener.IsServed ? "" : "no plugin serves it");
        screen.Write(listeners);
        PrintPlugins(screen, status.Plugins);
        if (status.Store is { } store)
            screen.WriteLine(string.Create(CultureInfo.InvariantCulture, $"store: {StoreText.Count(store.Delivered, "message")} delivered, {StoreText.Count(store.OpenFolders, "folder")} open in {StoreText.Count(store.OpenViews, "session")}{(store.Failures > 0 ? $", {StoreText.Count(store.Failures, "write")} failed" : "")}"));
        if (status.Queue is { } queue && (queue.IsOpen || queue.Messages > 0 || queue.Aside > 0))
            Print(screen, queue, now);
        if (status.Quotas.Count > 0)
            screen.WriteLine($"fullest accounts: {string.Join(", ", status.Quotas.Select(quota => string.Create(CultureInfo.InvariantCulture, $"{quota.Address} {quota.Percent} %")))}");
        if (status.Rules is { } rules)
            Print(screen, rules);
        if (status.UserRules is { } users)
            Print(screen, users);
    }

    /// <summary>Prints plugins as a table, and below it what is wrong with them.</summary>
    internal static void PrintPlugins(IAnsiConsole screen, IReadOnlyList<PluginReport> plugins)
    {
        var table = Screen.Table("plugin", "version", "generation", "sessions", "state", "old in memory");
        foreach (var plugin in plugins)
            Screen.Row(table, plugin.Id, plugin.Version ?? "", Text(plugin.Generation), Text(plugin.Sessions), plugin.State, plugin.RetiredAlive == 0 ? "" : Text(plugin.RetiredAlive) + (plugin.IsLeaking ? ", leaking" : ""));
        screen.Write(table);
        foreach (var plugin in plugins.Where(plugin => plugin.LastError is not null))
            WriteLong(screen, $"{plugin.Id}: {plugin.LastError}", "  ");
    }

    private static void Print(IAnsiConsole screen, QueueStatus queue, DateTimeOffset now)
    {
        screen.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"queue: {StoreText.Count(queue.Messages, "message")} for other servers, {queue.Running} being sent{(queue.Held > 0 ? $", {queue.Held} held" : "")}{(queue.IsOpen ? "" : ", no plugin can send them")}"));
        if (queue.Aside > 0)
            screen.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {StoreText.Count(queue.Aside, "file")} in queue/aside cannot be read"));
        // The worst few; all of them in --json.
        foreach (var down in queue.Down.Take(5))
            screen.WriteLine($"  {down.Destination}: not reached, tried again in {Age(down.Until - now)}: {down.Reason}");
    }

    /// <summary>Each rule with its state, and what is wrong with it.</summary>
    private static void Print(IAnsiConsole screen, RulesReport rules)
    {
        screen.WriteLine(rules.IsCompiling ? "rules: being compiled" : rules.Rules.Count == 0 ? $"rules: none in {rules.Directory}" : $"rules in {rules.Directory}:");
        if (rules.CompilerProblem is { } problem)
            WriteLong(screen, $"  cannot be compiled: {problem}", "    ");
        if (rules.FailedTests.Count > 0)
            screen.WriteLine("  as they are now the scripts fail their tests; what was in service stays:");
        PrintSome(screen, rules.FailedTests, "  ");
        foreach (var rule in rules.Rules)
        {
            screen.WriteLine($"  {rule.State,-8}  {rule.File}{(rule.State == "outdated" ? ": the version before is in service" : rule.State == "broken" ? ": not in service" : "")}");
            PrintSome(screen, rule.Diagnostics, "            ");
            if (rule.LastFailure is { } failure)
                WriteLong(screen, $"            failed on {rule.Failures} of {StoreText.Count(rule.Runs, "mail")}, last: {failure}", "              ");
        }
    }

    private static void PrintSome(IAnsiConsole screen, IReadOnlyList<string> lines, string indent)
    {
        foreach (var line in lines.Take(3))
            WriteLong(screen, indent + line, indent + "  ");
        if (lines.Count > 3)
            screen.WriteLine($"{indent}and {lines.Count - 3} more; --json has all");
    }

    private static void Print(IAnsiConsole screen, UserRulesReport users)
    {
        screen.WriteLine(users.Refusal is { } refusal
            ? StoreText.Break($"users' rules: none run here: {refusal}", "  ")
            : $"users' rules: {StoreText.Count(users.Accounts.Count, "account")} with rules had mail lately, {StoreText.Count(users.Workers, "process", "processes")} now");
        // A server of many users has always some whose rules are broken: the first few here, all of them in --json.
        foreach (var account in users.Accounts.Where(HasTrouble).Take(10))
        {
            foreach (var rule in account.Rules)
                foreach (var diagnostic in rule.Diagnostics.Take(1))
                    WriteLong(screen, $"  {account.Account}: {rule.State}: {diagnostic}", "    ");
            if (account.LastFailure is { } failure)
                WriteLong(screen, $"  {account.Account}: failed on {account.Failures} of {StoreText.Count(account.Runs, "mail")}{(account.IsResting ? ", left alone now" : "")}, last: {failure}", "    ");
            if (account.CompilerProblem is { } problem)
                WriteLong(screen, $"  {account.Account}: {problem}", "    ");
            if (account.FailedTests is [var test, ..])
                WriteLong(screen, $"  {account.Account}: {(account.FailedTests.Count == 1 ? "1 test fails" : $"{StoreText.Count(account.FailedTests.Count, "test")} fail")}, what was in service stays: {test}", "    ");
        }

        static bool HasTrouble(AccountRulesReport account) =>
            account.LastFailure is not null || account.CompilerProblem is not null || account.FailedTests.Count > 0 || account.Rules.Any(rule => rule.Diagnostics.Count > 0);
    }

    // Broken between words; the screen itself breaks where its width ends, in the middle of a path.
    private static void WriteLong(IAnsiConsole screen, string line, string indent)
    {
        foreach (var part in StoreText.Break(line, indent).Split('\n'))
            screen.WriteLine(part);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Seconds} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Minutes} min"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Hours} h {age.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays} d {age.Hours} h"),
    };
}
