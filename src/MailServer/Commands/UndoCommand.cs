using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Server.Configuration;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver undo</c>: takes back what a rule, or a run, has done; what its owner has touched since stays.</summary>
internal static class UndoCommand
{
    public static Command Build()
    {
        var (config, json) = (CommandTree.Config(), CommandTree.Json());
        var rule = new Option<string?>("--rule") { Description = "As 20-junk.csx:7, or alice@example.org/20-junk.csx of an account's own.", HelpName = "RULE" };
        var apply = new Option<string?>("--apply") { Description = "What a run did: of rules apply, or of an undo.", HelpName = "ID" };
        var since = new Option<string?>("--since") { Description = "With --rule: from when; 2026-11-24, or 3d, 12h, 30m ago.", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "With --rule: until when; left out: now.", HelpName = "TIME" };
        var account = new Option<string?>("--account") { Description = "Whose mail; left out: everybody's.", HelpName = "ADDRESS" };
        var list = new Option<bool>("--list") { Description = "Lists the runs that can be taken back." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Says what would be done, and changes nothing." };
        var command = new Command("undo", "Takes back what a rule did; what was touched since stays.") { rule, apply, since, until, account, list, dryRun, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => result.GetValue(list) ? ListAsync(result.GetRequiredValue(config), result.GetValue(account), result.GetValue(json), stop) : RunAsync(
            QuestionOf(result.GetValue(rule), result.GetValue(apply), result.GetValue(since), PointInTime.Read("--until", result.GetValue(until)), result.GetValue(account)),
            result.GetRequiredValue(config), result.GetValue(dryRun), result.GetValue(json), stop)));
        return command;
    }

    /// <summary>What is to be taken back in one account, null when there is nothing of the kind in it; and whose mail is gone through, null for everybody's.</summary>
    private sealed record Question(string Words, string? Account, Func<string, UndoPlan?> PlanIn)
    {
        /// <summary>Finds what an account's own script of the same name did, when an administrators' is asked for.</summary>
        public Func<string, UndoPlan?>? OwnIn { get; init; }

        /// <summary>The script as it was named.</summary>
        public string Rule { get; init; } = "";
    }

    private static Question QuestionOf(string? rule, string? apply, string? since, DateTimeOffset? until, string? account)
    {
        if (rule is null == apply is null)
            throw new StoreUsageException(ExitCode.Wrong, "--rule [ACCOUNT/]FILE[:LINE] with --since TIME, or --apply ID is expected");
        if (apply is not null)
            return since is null && until is null
                ? new($"undo --apply {apply}", account, root => UndoPlan.OfRun(root, apply))
                : throw new StoreUsageException(ExitCode.Wrong, "--since and --until go with --rule: a run is taken back whole");
        if (PointInTime.Read("--since", since) is not { } from)
            throw new StoreUsageException(ExitCode.Wrong, "--rule: since when? --since 2026-11-24, or --since 3d");
        var colon = rule!.LastIndexOf(':');
        int? line = colon > 0 && int.TryParse(rule.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        var name = line is null ? rule : rule[..colon];
        var owner = OwnerIn(name);
        if (owner is not null && account is not null && owner != account)
            throw new StoreUsageException(ExitCode.Wrong, $"--rule {rule}: a script of {owner}'s sorts no mail of {account}'s");
        var meant = new UndoRule(Path.GetFileName(name), line, IsOwn: owner is not null);
        // As it was typed: who asks again for what was broken off says "1h" again, though another hour is meant by then.
        return new($"undo --rule {rule} --since {since}", owner ?? account, root => UndoPlan.OfRule(root, meant, from, until))
        {
            OwnIn = owner is null ? root => UndoPlan.OfRule(root, meant with { IsOwn = true }, from, until) : null,
            Rule = Path.GetFileName(rule),
        };
    }

    // As alice@example.org/20-junk.csx; a path to an administrators' script has no address in front.
    private static string? OwnerIn(string name) =>
        name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && slash == name.LastIndexOf('/') && EmailAddress.TryParse(name[..slash], out var address) && address.Domain.Length > 0 ? name[..slash] : null;

    private static async Task<int> ListAsync(string file, string? account, bool asJson, CancellationToken cancellationToken)
    {
        List<RunListing> runs = [];
        foreach (var target in await StoreTargets.FindAsync(file, account, null, cancellationToken).ConfigureAwait(false))
            runs.AddRange(ChangeRun.List(target.Maildir).Select(run => new RunListing(target.Name, run.Id, run.Time, run.Words)));
        if (asJson)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(runs, RunListJson.Default.ListRunListing)).ConfigureAwait(false);
            return ExitCode.Done;
        }

        var table = Screen.Table("run", "account", "what");
        foreach (var run in runs)
            Screen.Row(table, run.Run, run.Account, run.What);
        Screen.Create().Write(table);
        return ExitCode.Done;
    }

    private static async Task<int> RunAsync(Question question, string file, bool isDryRun, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        var users = await StoreTargets.UsersAsync(config, question.Account, cancellationToken).ConfigureAwait(false);
        var reports = await AccountRun.WithStoreAsync(config, async store =>
        {
            List<RunPrint> reports = [];
            foreach (var user in users)
                if (await UndoAsync(config, store, user, question, isDryRun, cancellationToken).ConfigureAwait(false) is { } report)
                    reports.Add(report);
            return reports;
        }).ConfigureAwait(false);

        if (asJson)
            await AccountRun.PrintJsonAsync(reports).ConfigureAwait(false);
        else
            foreach (var report in reports)
                await AccountRun.PrintAsync(report, "undo").ConfigureAwait(false);
        if (reports.Count == 0)
            return await ExitCode.FailAsync(ExitCode.No, $"{question.Words}: there is nothing of the kind{OwnHint(config, users, question)}").ConfigureAwait(false);
        return reports.TrueForAll(report => report.Problem is null) ? ExitCode.Done : ExitCode.No;
    }

    /// <summary>Who asks for an administrators' script may have meant an account's own of that name.</summary>
    private static string OwnHint(ServerConfig config, IReadOnlyList<User> users, Question question)
    {
        var options = StoreTargets.OptionsOf(config);
        var owner = question.OwnIn is { } find
            ? users.FirstOrDefault(user => Directory.Exists(options.MaildirOf(user)) && find(options.MaildirOf(user)) is { } plan && plan.Changes.Count + plan.Skips.Count > 0)
            : null;
        return owner is null ? "" : $"; a script of {owner.Address}'s own has that name: --rule {owner.Address}/{question.Rule}";
    }

    private static async Task<RunPrint?> UndoAsync(ServerConfig config, MaildirStore store, User user, Question question, bool isDryRun, CancellationToken cancellationToken)
    {
        var root = store.MaildirOf(user);
        if (!Directory.Exists(root) || question.PlanIn(root) is not { } plan || (plan.Changes.Count == 0 && plan.Skips.Count == 0))
            return null;
        var opened = await ChangeRun.OpenAsync(store, user, new() { Kind = "undo", Words = question.Words, IsDryRun = isDryRun }, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var run, out var problem))
            throw new StoreUsageException(ExitCode.No, $"{user.Address}: {problem.Text}");
        await using (run.ConfigureAwait(false))
        {
            // Opening has done to the end what was broken off: only now is it known what there is to take back.
            using (var progress = new TransferLine())
                await (question.PlanIn(root) ?? plan).RunAsync(run, progress, cancellationToken).ConfigureAwait(false);
            await AccountRun.TellServerAsync(config, user, run, cancellationToken).ConfigureAwait(false);
            return AccountRun.Report(user.Address.ToString(), run, isDryRun);
        }
    }
}

/// <summary>What <c>undo --list --json</c> prints for each run.</summary>
internal sealed record RunListing(string Account, string Run, DateTimeOffset Time, string What);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(List<RunListing>))]
internal sealed partial class RunListJson : JsonSerializerContext;
