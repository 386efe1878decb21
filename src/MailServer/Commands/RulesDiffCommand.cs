using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Pipeline;
using MailServer.Server.Configuration;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver rules diff</c>: what a change of rules would have done with the mail that is there. Changes nothing.</summary>
internal static class RulesDiffCommand
{
    /// <summary>Messages shown of a group on a terminal; the page has more.</summary>
    private const int MaxExamples = 3;

    public static Command Build()
    {
        var (maildir, config, json) = (StoreCommand.Maildir(), CommandTree.Config(), CommandTree.Json());
        var old = new Argument<string>("OLD") { Description = "A folder of scripts, or a git revision of NEW, as HEAD~1." };
        var now = new Argument<string?>("NEW") { Description = "A folder of scripts; left out: that of the configuration.", Arity = ArgumentArity.ZeroOrOne };
        var account = new Option<string?>("--account") { Description = "Whose mail is asked about.", HelpName = "ADDRESS" };
        var folder = StoreTransfer.Folder("Only mail in this folder.");
        var (own, alone) = (RulesVersions.Own(), RulesVersions.Alone());
        var html = new Option<string?>("--html") { Description = "Writes a page with all that changes.", HelpName = "FILE" };
        var command = new Command("diff", "Shows what changed rules would do with the mail there is; changes nothing.") { old, now, account, maildir, folder, own, alone, html, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            new(result.GetRequiredValue(config), result.GetRequiredValue(old), result.GetValue(now), result.GetValue(account), result.GetValue(maildir), StoreTransfer.FolderOf(result.GetValue(folder)), result.GetValue(own), result.GetValue(alone)),
            result.GetValue(html), result.GetValue(json), stop)));
        return command;
    }

    private sealed record Question(string Config, string Old, string? New, string? Account, string? Maildir, FolderName? Folder, bool IsOwn, bool IsAlone);

    private static async Task<int> RunAsync(Question question, string? html, bool asJson, CancellationToken cancellationToken)
    {
        if (question.Account is null && question.Maildir is null)
            throw new StoreUsageException(ExitCode.Wrong, "whose mail? --account ADDRESS or --maildir PATH is expected");

        // A path and two folders need no configuration.
        var config = question.New is null || question.Account is not null ? ConfigReader.Read(question.Config) : null;
        var target = (await StoreTargets.FindAsync(question.Config, question.Account, question.Maildir, cancellationToken).ConfigureAwait(false))[0];
        var versions = new RulesVersions(config);
        await using var _ = versions.ConfigureAwait(false);
        var (newFolder, owner) = RulesVersions.Whose(versions, question.New, question.IsOwn, config, target.User);
        var newer = await versions.LoadAsync(newFolder, "new", owner, cancellationToken).ConfigureAwait(false);
        var older = await LoadOldAsync(versions, question.Old, newFolder, owner, cancellationToken).ConfigureAwait(false);
        if (!question.IsAlone && target.User is not null)
        {
            // As a delivery asks: the administrators' first. The versions that are compared stand in the place of their own kind.
            var before = owner is null ? null : await versions.GlobalAsync("beside", cancellationToken).ConfigureAwait(false);
            var after = owner is null ? await versions.OwnAsync(target.User, "beside", cancellationToken).ConfigureAwait(false) : null;
            (older, newer) = (RulesVersions.Chain(before, older, after), RulesVersions.Chain(before, newer, after));
        }

        var started = TimeProvider.System.GetTimestamp();
        RuleDiffReport report;
        using (var progress = new TransferLine())
            report = await new RuleDiff(MailReplay.Open(target.Maildir, target.Layout, question.Folder, config?.Hostname ?? "localhost", target.User?.Address.ToString() ?? ""))
                .RunAsync(older, newer, progress, cancellationToken).ConfigureAwait(false);
        var took = TimeProvider.System.GetElapsedTime(started);

        var title = new RuleDiffTitle(target.Name, question.Old, question.New ?? newFolder, took);
        if (html is not null)
            await File.WriteAllTextAsync(html, RuleDiffPage.Write(report, title), cancellationToken).ConfigureAwait(false);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, RuleDiffJson.Default.RuleDiffReport)).ConfigureAwait(false);
        else
            await PrintAsync(report, title).ConfigureAwait(false);
        return report.Changed == 0 && report.Failures.All(failure => failure.Version == "old") ? ExitCode.Done : ExitCode.No;
    }

    private static async Task<IReplayRules> LoadOldAsync(RulesVersions versions, string old, string newFolder, User? owner, CancellationToken cancellationToken)
    {
        if (Directory.Exists(old))
            return await versions.LoadAsync(Path.GetFullPath(old), "old", owner, cancellationToken).ConfigureAwait(false);
        var folder = Directory.CreateTempSubdirectory("mailserver-rules-");
        try
        {
            await GitFolder.FetchAsync(newFolder, old, folder.FullName, cancellationToken).ConfigureAwait(false);
            return await versions.LoadAsync(folder.FullName, "old", owner, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task PrintAsync(RuleDiffReport report, RuleDiffTitle title)
    {
        if (report.Groups.Count > 0)
        {
            var table = Screen.Table("messages", $"by {title.Old}", "by the new rules");
            foreach (var group in report.Groups)
                Screen.Row(table, Number(group.Count), group.From, group.To);
            Screen.Create().Write(table);
            foreach (var group in report.Groups)
            {
                await StoreText.WriteAsync(StoreText.Clean($"{group.From} -> {group.To}"), "    ").ConfigureAwait(false);
                foreach (var example in group.Examples.Take(MaxExamples))
                {
                    await StoreText.WriteAsync(StoreText.Clean(string.Create(CultureInfo.InvariantCulture, $"    {example.Date:yyyy-MM-dd} {example.Sender}: {example.Subject}")), "        ").ConfigureAwait(false);
                    await StoreText.WriteAsync(StoreText.Clean($"        {Step(example.OldStep)} -> {Step(example.NewStep)}"), "        ").ConfigureAwait(false);
                }
            }
        }

        foreach (var failure in report.Failures)
            await StoreText.WriteAsync(StoreText.Clean(string.Create(CultureInfo.InvariantCulture,
                $"{failure.Version}: {failure.Rule}:{failure.Line} on {StoreText.Count(failure.Count, "message")}: {failure.Reason}")), "    ").ConfigureAwait(false);
        await StoreText.WriteAsync(RuleDiffPage.Summary(report, title), "").ConfigureAwait(false);
    }

    private static string Step(string step) => step.Length == 0 ? "no rule" : step;

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RuleDiffReport))]
internal sealed partial class RuleDiffJson : JsonSerializerContext;
