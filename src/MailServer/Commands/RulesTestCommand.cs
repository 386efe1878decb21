using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Pipeline;
using MailServer.Rules;
using MailServer.Server.Configuration;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver rules test</c>: runs the tests that lie beside scripts.</summary>
internal static class RulesTestCommand
{
    public static Command Build()
    {
        var (config, json) = (CommandTree.Config(), CommandTree.Json());
        var folder = new Argument<string?>("FOLDER") { Description = "A folder of scripts; left out: that of the configuration.", Arity = ArgumentArity.ZeroOrOne };
        var account = new Option<string?>("--account") { Description = "The account's own scripts; they run locked down, as at a delivery.", HelpName = "ADDRESS" };
        var users = new Option<bool>("--users") { Description = "All accounts' own scripts." };
        var command = new Command("test", "Runs the tests beside rule scripts: tests/NAME.eml with tests/NAME.expect.") { folder, account, users, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config), result.GetValue(folder), result.GetValue(account), result.GetValue(users), result.GetValue(json), stop)));
        return command;
    }

    private static async Task<int> RunAsync(string file, string? named, string? account, bool isOfUsers, bool asJson, CancellationToken cancellationToken)
    {
        isOfUsers |= account is not null;
        if (isOfUsers && named is not null)
            throw new StoreUsageException(ExitCode.Wrong, "a FOLDER, --account or --users is expected, not several");
        var config = named is null ? ConfigReader.Read(file) : null;
        var versions = new RulesVersions(config);
        await using var _ = versions.ConfigureAwait(false);
        var tests = new RuleTests(config?.Hostname ?? "localhost");
        IReadOnlyList<RuleTestResult> results;
        string none;
        using (new WorkLine("testing the rules"))
            if (isOfUsers)
            {
                results = await RunOwnAsync(versions, tests, await StoreTargets.UsersAsync(config!, account, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                none = $"{account ?? "nobody"} has {(account is null ? "" : "no ")}tests beside own scripts";
            }
            else
            {
                var folder = RulesVersions.FolderOf(named, config);
                var version = await versions.LoadAsync(folder, "test", cancellationToken).ConfigureAwait(false);
                results = await tests.RunAsync(version.Rules, folder, cancellationToken).ConfigureAwait(false);
                none = $"{folder}: no tests; put NAME.eml and NAME.expect into its folder {RuleEngine.TestsFolder}";
            }

        var failed = results.Count(result => !result.IsGood);
        if (asJson)
        {
            var print = new RuleTestPrint(failed == 0, results.Count, failed, [.. results.Select(RuleTestPrintRow.Of)]);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(print, RuleTestJson.Default.RuleTestPrint)).ConfigureAwait(false);
            return failed == 0 ? ExitCode.Done : ExitCode.No;
        }

        foreach (var result in results)
        {
            await Console.Out.WriteLineAsync($"{(result.IsGood ? "good  " : "FAILED")} {result.Name}").ConfigureAwait(false);
            foreach (var failure in result.Failures)
                await StoreText.WriteAsync($"    {failure}", "        ").ConfigureAwait(false);
        }

        await Console.Out.WriteLineAsync(results.Count == 0
            ? none
            : $"{results.Count - failed} of {StoreText.Count(results.Count, "test")} passed").ConfigureAwait(false);
        return failed == 0 ? ExitCode.Done : ExitCode.No;
    }

    /// <summary>Runs the tests of accounts' own scripts; a test's name begins with the account. Scripts that do not compile fail as a test does.</summary>
    private static async Task<IReadOnlyList<RuleTestResult>> RunOwnAsync(RulesVersions versions, RuleTests tests, IReadOnlyList<User> users, CancellationToken cancellationToken)
    {
        List<RuleTestResult> results = [];
        foreach (var user in users)
            if ((versions.OwnFolder(user) ?? throw new StoreUsageException(ExitCode.Wrong, "[rules] users is not set: nobody has own scripts")) is var folder && Directory.Exists(folder))
            {
                var set = await versions.FindOwnAsync(user, folder, "test", cancellationToken).ConfigureAwait(false);
                var errors = set.Diagnostics.Where(diagnostic => diagnostic.IsError).ToArray();
                if (errors.Length > 0)
                    results.Add(new() { Name = $"{user.Address}: the scripts", Failures = errors });
                else
                    foreach (var result in await tests.RunAsync(set, folder, cancellationToken).ConfigureAwait(false))
                        results.Add(result with { Name = $"{user.Address}/{result.Name}" });
            }

        return results;
    }
}

/// <summary>What <c>rules test --json</c> prints.</summary>
internal sealed record RuleTestPrint(bool IsGood, int Tests, int Failed, IReadOnlyList<RuleTestPrintRow> Results);

internal sealed record RuleTestPrintRow(string Name, bool IsGood, IReadOnlyList<string> Failures, IReadOnlyList<string> Folders, IReadOnlyList<string> Flags, IReadOnlyList<string> Steps)
{
    public static RuleTestPrintRow Of(RuleTestResult result) => new(
        result.Name, result.IsGood, [.. result.Failures.Select(failure => failure.ToString())],
        result.Delivery is { } delivery ? [.. new[] { delivery.Folder }.OfType<FolderName>().Concat(delivery.Copies).Select(folder => folder.Value)] : [],
        result.Delivery?.Flags ?? [],
        [.. (result.Delivery?.Steps ?? []).Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Rule}:{step.Line} {step.Action}"))]);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RuleTestPrint))]
internal sealed partial class RuleTestJson : JsonSerializerContext;
