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
        var command = new Command("test", "Runs the tests beside rule scripts: tests/NAME.eml with tests/NAME.expect.") { folder, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config), result.GetValue(folder), result.GetValue(json), stop)));
        return command;
    }

    private static async Task<int> RunAsync(string file, string? named, bool asJson, CancellationToken cancellationToken)
    {
        var config = named is null ? ConfigReader.Read(file) : null;
        var folder = RulesVersions.FolderOf(named, config);
        var versions = new RulesVersions(config);
        await using var _ = versions.ConfigureAwait(false);
        var version = await versions.LoadAsync(folder, "test", cancellationToken).ConfigureAwait(false);
        var results = await new RuleTests(config?.Hostname ?? "localhost").RunAsync(version.Rules, folder, cancellationToken).ConfigureAwait(false);
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
            ? $"{folder}: no tests; put NAME.eml and NAME.expect into its folder {RuleEngine.TestsFolder}"
            : string.Create(CultureInfo.InvariantCulture, $"{results.Count - failed} of {results.Count} tests passed")).ConfigureAwait(false);
        return failed == 0 ? ExitCode.Done : ExitCode.No;
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
