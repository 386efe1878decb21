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
    /// <inheritdoc/>
    public async Task<IReadOnlyList<RuleDiagnostic>> CheckAsync(RuleSet candidate, string directory, CancellationToken cancellationToken) =>
        FailuresOf(await RunAsync(candidate, directory, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RuleDiagnostic>> CheckAsync(UserRuleSet candidate, string directory, CancellationToken cancellationToken) =>
        FailuresOf(await RunAsync(candidate, directory, cancellationToken).ConfigureAwait(false));

    /// <summary>Runs all tests beside an administrator's scripts, in order of names.</summary>
    /// <param name="rules">The scripts.</param>
    /// <param name="directory">Their folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<RuleTestResult>> RunAsync(RuleSet rules, string directory, CancellationToken cancellationToken)
    {
        using var folder = TestFolder.Open(directory);
        return await RunAsync(new TrustedRules(rules, ""), folder, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs all tests beside a user's own scripts, which are asked in a worker.</summary>
    /// <param name="rules">The scripts.</param>
    /// <param name="directory">Their folder: links in it are not followed, nothing is read without end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RuleTrialException">No worker could be had for scripts on trial.</exception>
    public async Task<IReadOnlyList<RuleTestResult>> RunAsync(UserRuleSet rules, string directory, CancellationToken cancellationToken)
    {
        try
        {
            using var folder = TestFolder.OpenForeign(directory);
            return await RunAsync(new UntrustedRules(rules, ""), folder, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return [RuleTestResult.Broken(RuleEngine.TestsFolder, RuleEngine.TestsFolder, $"cannot be read (links are not followed): {e.Message}")];
        }
    }

    private static IReadOnlyList<RuleDiagnostic> FailuresOf(IReadOnlyList<RuleTestResult> results) => [.. results.SelectMany(result => result.Failures)];

    private async Task<IReadOnlyList<RuleTestResult>> RunAsync(IReplayRules rules, TestFolder? folder, CancellationToken cancellationToken)
    {
        if (folder is null)
            return [];
        List<RuleTestResult> results = [];
        var files = folder.Names.ToHashSet(StringComparer.Ordinal);
        foreach (var name in NamesOf(files))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (results.Count == folder.MaxTests)
            {
                results.Add(RuleTestResult.Broken(name, Shown(name, ".expect"), $"more than {folder.MaxTests} tests"));
                break;
            }

            results.Add(await RunAsync(rules, folder, files, name, cancellationToken).ConfigureAwait(false));
        }

        return results;
    }

    // They will stand in a log and in a mail.
    private static IEnumerable<string> NamesOf(IEnumerable<string> files) => files
        .Where(file => Path.GetExtension(file) is ".eml" or ".expect" && file[0] != '.' && !file.Any(char.IsControl))
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal);

    private static string Shown(string name, string extension) => $"{RuleEngine.TestsFolder}/{name}{extension}";

    private async ValueTask<RuleTestResult> RunAsync(IReplayRules rules, TestFolder folder, HashSet<string> files, string name, CancellationToken cancellationToken)
    {
        var (mail, asked) = (name + ".eml", name + ".expect");
        if (!files.Contains(asked))
            return RuleTestResult.Broken(name, Shown(name, ".eml"), $"there is no {asked} beside it");
        if (!files.Contains(mail))
            return RuleTestResult.Broken(name, Shown(name, ".expect"), $"there is no {mail} beside it");
        var reading = asked;
        try
        {
            var expectation = RuleExpectation.Read(folder.Read(asked, RuleExpectation.MaxSize), Shown(name, ".expect"));
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
            reading = mail;
            var source = await OpenAsync(folder.Read(mail, folder.MaxMessage), expectation, cancellationToken).ConfigureAwait(false);
            var delivery = await rules.DecideAsync(source, recipient, Delivery.Keep, cancellationToken).ConfigureAwait(false);
            return new() { Name = name, Delivery = delivery, Failures = [.. Compare(expectation, delivery, Shown(name, ".expect"))] };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RuleTestResult.Broken(name, $"{RuleEngine.TestsFolder}/{reading}", e.Message);
        }
    }

    private async ValueTask<IMailSource> OpenAsync(byte[] message, RuleExpectation given, CancellationToken cancellationToken)
    {
        var spool = new SampleSpool(message);
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
        var shown = got.Refusal is not null ? "rejected" : folders.Count == 0 ? got.Redirects.Count > 0 ? $"sent on to {People(got.Redirects)}" : "discarded" : string.Join(", ", folders);
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
        if (asked.Redirected is { } on && !got.Redirects.ToHashSet().SetEquals(on.Addresses))
            yield return Failure(file, on.Line, $"asked to be sent on to {People(on.Addresses)}, got {People(got.Redirects)}{because}");
        if (asked.Notified is { } told && !got.Answers.Select(answer => answer.To).OfType<EmailAddress>().ToHashSet().SetEquals(told.Addresses))
            yield return Failure(file, told.Line, $"asked for a notice to {People(told.Addresses)}, got {People([.. got.Answers.Select(answer => answer.To).OfType<EmailAddress>()])}{because}");
        if (asked.Answered is { } answered && got.Answers.Any(answer => answer.To is null) != answered.IsAsked)
            yield return Failure(file, answered.Line, $"asked for {(answered.IsAsked ? "an answer, got none" : "no answer, got one")}{because}");
        if (asked.DiscardedLine is { } line && (folders.Count > 0 || got.Redirects.Count > 0 || got.Refusal is not null))
            yield return Failure(file, line, $"asked for discarded, got {shown}{because}");
        if (asked.RejectedLine is { } rejected && got.Refusal is null)
            yield return Failure(file, rejected, $"asked for rejected, got {shown}{because}");
        if (asked.By is { } by && DeliveryReport.DecidingOf(got) is var step && (step?.Rule != by.File || (by.ScriptLine is { } at && step.Line != at)))
            yield return Failure(file, by.Line, $"asked for a decision by {by.File}{(by.ScriptLine is { } scriptLine ? $":{scriptLine.ToString(CultureInfo.InvariantCulture)}" : "")}, got {(step is null ? "none" : Place(step))}");
    }

    private static string Because(Delivery got) =>
        DeliveryReport.DecidingOf(got) is { } step ? $" by {Place(step)} {step.Action}" : ", no rule spoke";

    private static string Place(DeliveryStep step) => string.Create(CultureInfo.InvariantCulture, $"{step.Rule}:{step.Line}");

    private static string People(IReadOnlyList<EmailAddress> addresses) => addresses.Count == 0 ? "nobody" : string.Join(", ", addresses);

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
