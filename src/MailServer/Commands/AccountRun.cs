using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Posix;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using MailServer.Server.Logging;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Commands;

/// <summary>What commands have in common that change many messages of an account: a store of their own beside the server's, and a report.</summary>
internal static class AccountRun
{
    /// <summary>Lines of a report for people; the rest is counted.</summary>
    private const int MaxRows = 40;

    /// <summary>Opens a store as the server has it.</summary>
    public static async Task<T> WithStoreAsync<T>(ServerConfig config, Func<MaildirStore, Task<T>> act)
    {
        using var logging = new LogWriter(Console.OpenStandardError(), TimeProvider.System) { Config = new(LogFormat.Text, LogLevel.Warning) };
        using var watcher = DirectoryWatcher.Create();
        var store = new MaildirStore(StoreTargets.OptionsOf(config), watcher, TimeProvider.System, logging);
        await using (store.ConfigureAwait(false))
            return await act(store).ConfigureAwait(false);
    }

    /// <summary>What a run has come to.</summary>
    public static RunPrint Report(string account, ChangeRun run, bool isDryRun) => new()
    {
        Account = account,
        Run = run.Id,
        IsDryRun = isDryRun,
        Messages = run.Done,
        LeftAlone = run.Skips,
        Problem = run.Problem?.Text,
        Changes = run.Changes,
    };

    /// <summary>
    /// Has a running server look at the journal that this command has written, for those that learn what is junk. When none runs, the next
    /// one looks with the account's next mail.
    /// </summary>
    public static async ValueTask TellServerAsync(ServerConfig config, User user, ChangeRun run, CancellationToken cancellationToken)
    {
        if (run.Id is null || run.Done == 0)
            return;
        try
        {
            await ControlClient.AskAsync(config.DataDirectory, new() { Command = "learn", Target = user.Address.ToString() }, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // As if none ran.
        }
    }

    public static Task PrintJsonAsync(IReadOnlyList<RunPrint> reports) =>
        Console.Out.WriteLineAsync(JsonSerializer.Serialize(reports, RunJson.Default.IReadOnlyListRunPrint));

    public static async Task PrintAsync(RunPrint report, string command)
    {
        var groups = report.Changes.GroupBy(RowOf).Select(group => (group.Key, Count: group.Count())).OrderByDescending(group => group.Count).ToList();
        if (groups.Count > 0)
        {
            var table = Screen.Table("messages", "from", "to", "flags", "by");
            foreach (var (row, count) in groups.Take(MaxRows))
                Screen.Row(table, count.ToString("N0", CultureInfo.InvariantCulture), row.From, row.To, row.Flags, row.By);
            Screen.Create().Write(table);
            if (groups.Count > MaxRows)
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"and {groups.Count - MaxRows} more rows; --json has all")).ConfigureAwait(false);
        }

        foreach (var (reason, count) in report.LeftAlone)
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"left alone: {count:N0} {reason}")).ConfigureAwait(false);
        await StoreText.WriteAsync(
            $"{report.Account}: {StoreText.Count(report.Messages, "message")} {(report.IsDryRun ? "would be changed; nothing was" : "changed")}", "    ").ConfigureAwait(false);
        if (report.Problem is { } problem)
            await Console.Error.WriteLineAsync($"stopped before the end: {problem}; the same command goes on from here").ConfigureAwait(false);
        if (report.Run is { } id)
            await Console.Out.WriteLineAsync($"{command} {id}: to take it back, mailserver undo --apply {id} --account {report.Account}").ConfigureAwait(false);
    }

    private static (string From, string To, string Flags, string By) RowOf(MailChange change)
    {
        var flags = new List<string>();
        var (before, after) = ((change.Flags ?? "").Split(' '), (change.After ?? "").Split(' '));
        flags.AddRange(after.Except(before).Where(flag => flag.Length > 0).Select(flag => $"+{flag}"));
        flags.AddRange(before.Except(after).Where(flag => flag.Length > 0).Select(flag => $"-{flag}"));
        var to = change.To ?? "";
        foreach (var copy in change.Copies ?? [])
            to += $"{(to.Length > 0 ? ", " : "")}copy in {copy.Folder}";
        foreach (var copy in change.Removes ?? [])
            to += $"{(to.Length > 0 ? ", " : "")}copy in {copy.Folder} goes";
        return (change.Folder, StoreText.Clean(to), StoreText.Clean(string.Join(' ', flags)), change.Why is { } why ? string.Create(CultureInfo.InvariantCulture, $"{(why.IsOwn ? "own " : "")}{why.Rule}:{why.Line}") : "");
    }
}

/// <summary>What <c>rules apply --json</c> and <c>undo --json</c> print for each account.</summary>
internal sealed record RunPrint
{
    public required string Account { get; init; }

    /// <summary>The run's name; null of a dry run, and of one that has changed nothing.</summary>
    public required string? Run { get; init; }

    public required bool IsDryRun { get; init; }

    public required int Messages { get; init; }

    public required IReadOnlyDictionary<string, int> LeftAlone { get; init; }

    public required string? Problem { get; init; }

    public required IReadOnlyList<MailChange> Changes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<RunPrint>))]
internal sealed partial class RunJson : JsonSerializerContext;
