using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver store verify</c>: is each Maildir as it should be? Nothing is changed by asking.</summary>
internal static class StoreVerifyCommand
{
    public static Command Build()
    {
        var (account, maildir, config, json) = (StoreCommand.Account(), StoreCommand.Maildir(), CommandTree.Config(), CommandTree.Json());
        var folder = new Option<string?>("--folder") { Description = "One folder only, as Archive/2025.", HelpName = "FOLDER" };
        var quick = new Option<bool>("--quick") { Description = "Looks at names, sizes and modes, and reads no message." };
        var command = new Command("verify", "Checks Maildirs, says what is wrong and what to do; changes nothing.") { account, maildir, folder, quick, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config), result.GetValue(account), result.GetValue(maildir), result.GetValue(folder), !result.GetValue(quick), result.GetValue(json), stop)));
        return command;
    }

    private static async Task<int> RunAsync(string file, string? account, string? maildir, string? folder, bool readsAll, bool asJson, CancellationToken cancellationToken)
    {
        var only = default(FolderName);
        if (folder is not null && !FolderName.TryParse(folder, out only))
            return await ExitCode.FailAsync(ExitCode.Wrong, $"--folder: \"{folder}\" is no folder's name").ConfigureAwait(false);
        List<VerifyReport> reports = [];
        foreach (var target in await StoreTargets.FindAsync(file, account, maildir, cancellationToken).ConfigureAwait(false))
        {
            var report = Verify(target, folder is null ? null : only, readsAll, account is not null || maildir is not null, cancellationToken);
            reports.Add(report);
            if (!asJson)
                await PrintAsync(report).ConfigureAwait(false);
        }

        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(reports, StoreJson.Default.IReadOnlyListVerifyReport)).ConfigureAwait(false);
        return reports.TrueForAll(report => report.IsGood) ? ExitCode.Done : ExitCode.No;
    }

    private static VerifyReport Verify(StoreTarget target, FolderName? only, bool readsAll, bool isNamed, CancellationToken cancellationToken)
    {
        // An account that has had no mail yet has no Maildir.
        if (!isNamed && !Directory.Exists(target.Maildir))
            return new(target.Name, target.Maildir, true, 0, 0, 0, []);
        using var progress = new StoreProgress(target.Name);
        var verifier = new MaildirVerifier(target.Maildir, target.Layout, TimeProvider.System);
        var findings = verifier.Verify(only, readsAll, progress, cancellationToken);
        return new(target.Name, target.Maildir, findings.Count == 0, verifier.Folders, verifier.Messages, verifier.Octets, findings);
    }

    private static async Task PrintAsync(VerifyReport report)
    {
        var what = $"{report.Account}: {StoreText.Count(report.Folders, "folder")}, {StoreText.Count(report.Messages, "message")}, {StoreText.Count(report.Octets, "octet")}: "
            + (report.IsGood ? "good" : StoreText.Count(report.Findings.Count, "finding"));
        await Console.Out.WriteLineAsync(what).ConfigureAwait(false);
        foreach (var finding in report.Findings)
        {
            var more = finding.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" (and {finding.Count - 1} more)") : "";
            await StoreText.WriteAsync($"  {Path.GetRelativePath(report.Maildir, finding.Path)}{more}: {finding.What}", "    ").ConfigureAwait(false);
            await StoreText.WriteAsync($"    to do: {finding.Advice}", "      ").ConfigureAwait(false);
        }
    }
}
