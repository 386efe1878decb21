using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MailServer.Server.Configuration;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver store adopt</c>: whose Maildir is this, and what does it hold? With <c>--apply</c> it is taken over.</summary>
internal static class StoreAdoptCommand
{
    // What keeps mail from clients, where other findings mend themselves.
    private static readonly string[] Hindrances = ["folder-name", "unreadable", "owner", "layout"];

    public static Command Build()
    {
        var (account, maildir, config, json) = (StoreCommand.Account(), StoreCommand.Maildir(), CommandTree.Config(), CommandTree.Json());
        var apply = new Option<bool>("--apply") { Description = "Takes the Maildir over; without it nothing is changed." };
        var command = new Command("adopt", "Says what a Maildir of another server's holds, and takes it over.") { account, maildir, apply, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config), result.GetValue(account), result.GetValue(maildir), result.GetValue(apply), result.GetValue(json), stop)));
        return command;
    }

    private static async Task<int> RunAsync(string file, string? account, string? maildir, bool applies, bool asJson, CancellationToken cancellationToken)
    {
        List<AdoptReport> reports = [];
        var hostname = maildir is null ? ConfigReader.Read(file).Hostname : System.Net.Dns.GetHostName();
        foreach (var target in await StoreTargets.FindAsync(file, account, maildir, cancellationToken).ConfigureAwait(false))
        {
            // An account that has had no mail yet has no Maildir.
            if (account is null && maildir is null && !Directory.Exists(target.Maildir))
                continue;
            var report = await AdoptAsync(target, applies, hostname, cancellationToken).ConfigureAwait(false);
            reports.Add(report);
            if (!asJson)
                await PrintAsync(report).ConfigureAwait(false);
        }

        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(reports, StoreJson.Default.IReadOnlyListAdoptReport)).ConfigureAwait(false);
        return reports.TrueForAll(report => report.IsGood) ? ExitCode.Done : ExitCode.No;
    }

    private static async Task<AdoptReport> AdoptAsync(StoreTarget target, bool applies, string hostname, CancellationToken cancellationToken)
    {
        using var progress = new StoreProgress(target.Name);
        var survey = MaildirSurveyor.Look(target.Maildir, target.Layout, TimeProvider.System, progress, cancellationToken);
        List<string> problems = [];
        if (MaildirLayouts.Of(target.Maildir) is var found && found != target.Layout && survey.Folders.Count == 1)
            problems.Add($"its folders lie as layout \"{(found == MaildirLayout.Fs ? "fs" : "maildir++")}\", and [store] layout says \"{survey.Layout}\": they would be left out");
        if (applies && problems.Count == 0)
        {
            var logging = new StderrLog();
            var adoption = new MaildirAdoption(target.Maildir, target.Layout, hostname, TimeProvider.System, logging) { JournalDays = target.JournalDays };
            problems.AddRange(await adoption.ApplyAsync(progress, cancellationToken).ConfigureAwait(false));
            var after = MaildirSurveyor.Look(target.Maildir, target.Layout, TimeProvider.System, progress, cancellationToken);
            problems.AddRange(MaildirAdoption.Compare(survey, after));
            adoption.WriteJournal(survey, problems.Count);
            survey = after with { Programs = survey.Programs };
        }

        problems.AddRange(survey.Findings.Where(finding => Hindrances.Contains(finding.Kind)).Select(finding => $"{finding.Path}: {finding.What}"));
        return new(target.Name, applies, problems.Count == 0, problems, survey);
    }

    private static async Task PrintAsync(AdoptReport report)
    {
        var survey = report.Found;
        await StoreText.WriteAsync(report.Account == survey.Maildir ? report.Account : $"{report.Account}: {survey.Maildir}", "  ").ConfigureAwait(false);
        await StoreText.WriteAsync($"  written by {(survey.Programs.Count == 0 ? "no server that is known" : string.Join(", ", survey.Programs))}; layout {survey.Layout}"
            + (survey.NameEncodings.Count == 0 ? "" : $"; folder names in {string.Join(" and ", survey.NameEncodings)}"), "    ").ConfigureAwait(false);
        var table = Screen.Table("folder", "messages", "new", "UIDVALIDITY", "UIDNEXT", "no UID yet", "keywords", "POP3 ids");
        foreach (var folder in survey.Folders)
            Screen.Row(table, folder.Name, Text(folder.Messages), Text(folder.New), folder.UidValidity == 0 ? "" : Text(folder.UidValidity),
                folder.UidNext == 0 ? "" : Text(folder.UidNext), Text(folder.WithoutUid), Text(folder.Keywords.Count), Text(folder.Pop3Ids));
        Screen.Create().Write(table);

        await StoreText.WriteAsync($"  subscriptions: {survey.Subscriptions.Count}"
            + (survey.SubscribedAndGone.Count == 0 ? "" : $", of which {string.Join(", ", survey.SubscribedAndGone)} are not there"), "    ").ConfigureAwait(false);
        if (survey.Quota is { } quota)
            await StoreText.WriteAsync($"  quota in maildirsize: {quota}", "    ").ConfigureAwait(false);
        if (survey.Folders.Max(folder => folder.DovecotModSeq) is > 0 and var modSeq)
            await StoreText.WriteAsync(string.Create(CultureInfo.InvariantCulture,
                $"  MODSEQ: Dovecot has given {modSeq} at most; ours begin at the time in seconds times 2^20, now {(ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() << 20}"), "    ").ConfigureAwait(false);
        foreach (var sieve in survey.SieveFiles)
            await StoreText.WriteAsync($"  {sieve}: is not run; write its rules as a script (docs/rules.md)", "    ").ConfigureAwait(false);
        foreach (var finding in survey.Findings)
            await StoreText.WriteAsync($"  {Path.GetRelativePath(survey.Maildir, finding.Path)}{(finding.Count > 1 ? $" (and {finding.Count - 1} more)" : "")}: {finding.What}", "    ").ConfigureAwait(false);
        foreach (var problem in report.Problems)
            await StoreText.WriteAsync($"  in the way: {problem}", "    ").ConfigureAwait(false);
        await StoreText.WriteAsync(!report.IsGood ? "  not adopted as it should be"
            : report.IsApplied ? "  adopted: UIDs, UIDVALIDITY and POP3 ids are as they were"
            : "  can be adopted as it is; nothing was changed", "    ").ConfigureAwait(false);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
