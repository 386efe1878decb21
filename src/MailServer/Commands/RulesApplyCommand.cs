using System.CommandLine;
using MailServer.Pipeline;
using MailServer.Server.Configuration;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver rules apply</c>: runs rules over mail that is there already. Says what it would do, unless it is told to do it.</summary>
internal static class RulesApplyCommand
{
    public static Command Build()
    {
        var (config, json) = (CommandTree.Config(), CommandTree.Json());
        var scripts = new Argument<string?>("SCRIPTS") { Description = "A folder of scripts, to be asked alone; left out: all that a delivery asks.", Arity = ArgumentArity.ZeroOrOne };
        var account = new Option<string>("--account") { Description = "Whose mail.", HelpName = "ADDRESS", Required = true };
        var folder = new Option<string>("--folder") { Description = "Mail in this folder.", HelpName = "FOLDER", DefaultValueFactory = _ => FolderName.Inbox.Value };
        var since = new Option<string?>("--since") { Description = "Only mail that came since: 2026-11-24, or 3d, 12h ago.", HelpName = "TIME" };
        var own = RulesVersions.Own();
        var act = new Option<bool>("--do") { Description = "Does it, instead of saying what would be done." };
        var command = new Command("apply", "Runs rules over mail that is there; says what it would do, unless told --do.") { scripts, account, folder, since, own, act, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            new(result.GetRequiredValue(config), result.GetValue(scripts), result.GetRequiredValue(account), StoreTransfer.FolderOf(result.GetRequiredValue(folder))!.Value,
                PointInTime.Read("--since", result.GetValue(since)), !result.GetValue(act), result.GetValue(own)),
            result.GetValue(json), stop)));
        return command;
    }

    private sealed record Question(string Config, string? Scripts, string Account, FolderName Folder, DateTimeOffset? Since, bool IsDryRun, bool IsOwn);

    private static async Task<int> RunAsync(Question question, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(question.Config);
        var user = (await StoreTargets.UsersAsync(config, question.Account, cancellationToken).ConfigureAwait(false))[0];
        var versions = new RulesVersions(config);
        await using var _ = versions.ConfigureAwait(false);
        var (version, scripts) = await LoadAsync(versions, question, config, user, cancellationToken).ConfigureAwait(false);
        return await AccountRun.WithStoreAsync(config, store => ApplyAsync(config, store, user, question, version, scripts, asJson, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Scripts that are named are asked alone; else those that a delivery asks, in their order.</summary>
    private static async Task<(IReplayRules Rules, string Scripts)> LoadAsync(RulesVersions versions, Question question, ServerConfig config, User user, CancellationToken cancellationToken)
    {
        if (question.Scripts is not null || question.IsOwn)
        {
            var (folder, owner) = RulesVersions.Whose(versions, question.Scripts, question.IsOwn, config, user);
            return (await versions.LoadAsync(folder, "apply", owner, cancellationToken).ConfigureAwait(false), folder);
        }

        var global = await versions.GlobalAsync("apply", cancellationToken).ConfigureAwait(false);
        var own = await versions.OwnAsync(user, "apply", cancellationToken).ConfigureAwait(false);
        if (global is null && own is null)
            throw new StoreUsageException(ExitCode.Wrong, $"{config.File}: there are no rules for {user.Address}, and no folder is named");
        return (RulesVersions.Chain(global, own), string.Join(" + ", new[] { global is null ? null : config.GlobalRules, own is null ? null : versions.OwnFolder(user) }.OfType<string>()));
    }

    private static async Task<int> ApplyAsync(
        ServerConfig config, MaildirStore store, User user, Question question, IReplayRules version, string scripts, bool asJson, CancellationToken cancellationToken)
    {
        var options = new RunOptions
        {
            Kind = "apply",
            Words = $"rules apply {scripts} {version.Id} --folder {question.Folder}{(question.Since is { } since ? $" --since {since:yyyy-MM-dd'T'HH}" : "")}",
            IsDryRun = question.IsDryRun,
        };
        var opened = await ChangeRun.OpenAsync(store, user, options, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var run, out var problem))
            return await ExitCode.FailAsync(ExitCode.No, $"{question.Account}: {problem.Text}").ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            var apply = new RuleApply(MailReplay.Open(store.MaildirOf(user), store.Layout, null, config.Hostname, user.Address.ToString()));
            using (var progress = new TransferLine())
            {
                await foreach (var change in apply.ChangesAsync(version, question.Folder, question.Since, progress, cancellationToken).ConfigureAwait(false))
                    if (await run.AddAsync(change, cancellationToken).ConfigureAwait(false) is not null)
                        break;
                await run.FinishAsync(cancellationToken).ConfigureAwait(false);
            }

            await AccountRun.TellServerAsync(config, user, run, cancellationToken).ConfigureAwait(false);
            var report = AccountRun.Report(question.Account, run, question.IsDryRun);
            if (asJson)
                await AccountRun.PrintJsonAsync([report]).ConfigureAwait(false);
            else
                await PrintAsync(report, apply).ConfigureAwait(false);
            return run.Problem is null ? ExitCode.Done : ExitCode.No;
        }
    }

    private static async Task PrintAsync(RunPrint report, RuleApply apply)
    {
        await AccountRun.PrintAsync(report, "apply").ConfigureAwait(false);
        foreach (var (count, what) in new[]
        {
            (apply.Failed, "left where it was: a script failed on it"),
            (apply.Discarded, "left where it was: a rule would drop or reject it"),
            (apply.Unreadable, "that cannot be read"),
        })
            if (count > 0)
                await Console.Out.WriteLineAsync($"{StoreText.Count(count, "message")} {what}").ConfigureAwait(false);
        if (report.IsDryRun && report.Messages > 0)
            await Console.Out.WriteLineAsync("--do does it").ConfigureAwait(false);
    }
}
