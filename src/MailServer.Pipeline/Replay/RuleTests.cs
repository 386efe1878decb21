using System.Globalization;
using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>
/// Runs the tests that lie beside scripts, in their folder <c>tests</c>: each <c>NAME.eml</c> with its <c>NAME.expect</c>. Before a new version
/// goes into service the server asks here.
/// </summary>
/// <param name="hostname">The server's name, by which its own findings are known.</param>
public sealed class RuleTests(string hostname) : IRuleGate
{
    /// <summary>Tests of one folder: far more than anybody writes, few enough to run within seconds at each save.</summary>
    public const int MaxTests = 1000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RuleDiagnostic>> CheckAsync(RuleSet candidate, string directory, CancellationToken cancellationToken) =>
        [.. (await RunAsync(candidate, directory, cancellationToken).ConfigureAwait(false)).SelectMany(result => result.Failures)];

    /// <summary>Runs all tests of a folder of scripts, in order of names.</summary>
    /// <param name="rules">The scripts.</param>
    /// <param name="directory">Their folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<RuleTestResult>> RunAsync(RuleSet rules, string directory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var folder = Path.Combine(directory, RuleEngine.TestsFolder);
        List<RuleTestResult> results = [];
        foreach (var name in NamesIn(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.Add(results.Count < MaxTests
                ? await RunAsync(rules, folder, name, cancellationToken).ConfigureAwait(false)
                : RuleTestResult.Broken(name, Shown(name, ".expect"), $"more than {MaxTests} tests"));
        }

        return results;
    }

    private static List<string> NamesIn(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(folder)
            .Where(path => Path.GetExtension(path) is ".eml" or ".expect" && !Path.GetFileName(path).StartsWith('.'))
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    private static string Shown(string name, string extension) => $"{RuleEngine.TestsFolder}/{name}{extension}";

    private async ValueTask<RuleTestResult> RunAsync(RuleSet rules, string folder, string name, CancellationToken cancellationToken)
    {
        var (mail, asked) = (Path.Combine(folder, name + ".eml"), Path.Combine(folder, name + ".expect"));
        if (!File.Exists(asked))
            return RuleTestResult.Broken(name, Shown(name, ".eml"), $"there is no {name}.expect beside it");
        if (!File.Exists(mail))
            return RuleTestResult.Broken(name, Shown(name, ".expect"), $"there is no {name}.eml beside it");
        try
        {
            var expectation = RuleExpectation.Read(asked, Shown(name, ".expect"));
            if (expectation.Errors.Count > 0)
                return new() { Name = name, Failures = expectation.Errors };
            var recipient = new RecipientFacts
            {
                Address = expectation.Recipient ?? "",
                Detail = expectation.Detail ?? "",
                Account = expectation.Recipient ?? "",
                Folders = expectation.Folders,
                Notes = new ScratchNotes(),
            };
            var delivery = rules.Decide(new(await OpenAsync(mail, expectation, cancellationToken).ConfigureAwait(false)), recipient, Delivery.Keep);
            return new() { Name = name, Delivery = delivery, Failures = [.. Compare(expectation, delivery, Shown(name, ".expect"))] };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RuleTestResult.Broken(name, Shown(name, ".eml"), e.Message);
        }
    }

    private async ValueTask<IMailSource> OpenAsync(string path, RuleExpectation given, CancellationToken cancellationToken)
    {
        var spool = new SampleSpool(path);
        using var octets = spool.OpenRead();
        return new MessageSource(await HeaderBlock.ReadAsync(octets, cancellationToken).ConfigureAwait(false), spool.OpenRead, new()
        {
            Received = (given.Now ?? TimeProvider.System.GetUtcNow()).ToLocalTime(),
            Size = spool.Size,
            JunkScore = given.Score,
            Origin = new() { Sender = given.Sender ?? "" },
            // The last that was put on top is the first.
            Findings = [.. given.IsAuthentic ? [("Authentication-Results", $"{hostname}; dmarc=pass")] : Array.Empty<(string, string)>(), .. Enumerable.Reverse(given.Findings)],
            Hostname = hostname,
        });
    }

    private static IEnumerable<RuleDiagnostic> Compare(RuleExpectation asked, Delivery got, string file)
    {
        var because = Because(got);
        List<FolderName> folders = got.Folder is { } folder ? [folder, .. got.Copies] : [.. got.Copies];
        var shown = got.Refusal is not null ? "rejected" : folders.Count == 0 ? "discarded" : string.Join(", ", folders);
        if (got.Steps.FirstOrDefault(RuleSet.IsFailure) is { } failed)
            yield return Failure(file, 0, $"{Place(failed)} {failed.Action}");
        if (asked.Folder is not null || asked.Copies is not null)
        {
            List<FolderName> wanted = [.. asked.Folder is { } one ? [one.Folder] : Array.Empty<FolderName>(), .. asked.Copies?.Folders ?? []];
            if (!folders.ToHashSet().SetEquals(wanted))
                yield return Failure(file, asked.Folder?.Line ?? asked.Copies!.Value.Line, $"asked for {string.Join(", ", wanted)}, got {shown}{because}");
        }

        if (asked.Flags is { } flags && !got.Flags.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(flags.Flags))
            yield return Failure(file, flags.Line, $"asked for flags {Words(flags.Flags)}, got {Words(got.Flags)}{because}");
        if (asked.DiscardedLine is { } line && (folders.Count > 0 || got.Refusal is not null))
            yield return Failure(file, line, $"asked for discarded, got {shown}{because}");
        if (asked.RejectedLine is { } rejected && got.Refusal is null)
            yield return Failure(file, rejected, $"asked for rejected, got {shown}{because}");
        if (asked.By is { } by && DeliveryReport.DecidingOf(got) is var step && (step?.Rule != by.File || (by.ScriptLine is { } at && step.Line != at)))
            yield return Failure(file, by.Line, $"asked for a decision by {by.File}{(by.ScriptLine is { } scriptLine ? $":{scriptLine.ToString(CultureInfo.InvariantCulture)}" : "")}, got {(step is null ? "none" : Place(step))}");
    }

    private static string Because(Delivery got) =>
        DeliveryReport.DecidingOf(got) is { } step ? $" by {Place(step)} {step.Action}" : ", no rule spoke";

    private static string Place(DeliveryStep step) => string.Create(CultureInfo.InvariantCulture, $"{step.Rule}:{step.Line}");

    private static string Words(IReadOnlyList<string> flags) => flags.Count == 0 ? "none" : string.Join(' ', flags);

    private static RuleDiagnostic Failure(string file, int line, string message) =>
        new() { File = file, Line = line, Column = line > 0 ? 1 : 0, Id = "", IsError = true, Message = OneLine.Of(message) };
}

/// <summary>What came of one test.</summary>
public sealed record RuleTestResult
{
    /// <summary>The test's name: its files' without their endings.</summary>
    public required string Name { get; init; }

    /// <summary>What was asked for and not got, each with its place in the test's file.</summary>
    public required IReadOnlyList<RuleDiagnostic> Failures { get; init; }

    /// <summary>What the rules decided; null when they were not asked.</summary>
    public Delivery? Delivery { get; init; }

    /// <summary>Whether all was as asked for.</summary>
    public bool IsGood => Failures.Count == 0;

    internal static RuleTestResult Broken(string name, string file, string reason) => new()
    {
        Name = name,
        Failures = [new() { File = file, Line = 0, Column = 0, Id = "", IsError = true, Message = reason }],
    };
}
