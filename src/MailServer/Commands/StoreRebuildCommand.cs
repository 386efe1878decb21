using System.CommandLine;
using System.Text.Json;
using MailServer.Server.Configuration;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver store rebuild</c>: makes index, structures and search anew from the files.</summary>
internal static class StoreRebuildCommand
{
    public static Command Build()
    {
        var (account, maildir, config, json) = (StoreCommand.Account(), StoreCommand.Maildir(), CommandTree.Config(), CommandTree.Json());
        var command = new Command("rebuild", "Makes the index anew from the files; UIDs stay, and the server may run.") { account, maildir, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config), result.GetValue(account), result.GetValue(maildir), result.GetValue(json), stop)));
        return command;
    }

    private static async Task<int> RunAsync(string file, string? account, string? maildir, bool asJson, CancellationToken cancellationToken)
    {
        List<RebuildReport> reports = [];
        var hostname = maildir is null ? ConfigReader.Read(file).Hostname : System.Net.Dns.GetHostName();
        foreach (var target in await StoreTargets.FindAsync(file, account, maildir, cancellationToken).ConfigureAwait(false))
        {
            if (account is null && maildir is null && !Directory.Exists(target.Maildir))
                continue;
            using var progress = new StoreProgress(target.Name);
            var rebuild = new MaildirRebuild(target.Maildir, target.Layout, hostname, TimeProvider.System, new StderrLog()) { JournalDays = target.JournalDays };
            var failed = await rebuild.RunAsync(progress, cancellationToken).ConfigureAwait(false);
            reports.Add(new(target.Name, failed.Count == 0, rebuild.Folders, rebuild.Messages, failed));
        }

        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(reports, StoreJson.Default.IReadOnlyListRebuildReport)).ConfigureAwait(false);
        else
            foreach (var report in reports)
            {
                await Console.Out.WriteLineAsync($"{report.Account}: {StoreText.Count(report.Folders, "folder")}, {StoreText.Count(report.Messages, "message")}: index made anew").ConfigureAwait(false);
                foreach (var failure in report.Failed)
                    await Console.Error.WriteLineAsync($"  {failure}").ConfigureAwait(false);
            }

        return reports.TrueForAll(report => report.IsGood) ? ExitCode.Done : ExitCode.No;
    }
}
