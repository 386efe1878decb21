using System.CommandLine;
using System.Globalization;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver store export</c>: writes an account's mail into files that other programs read.</summary>
internal static class StoreExportCommand
{
    public static Command Build()
    {
        var (account, config, json) = (StoreTransfer.Account(), CommandTree.Config(), CommandTree.Json());
        var target = new Argument<string>("TARGET") { Description = "A directory; made when it is not there." };
        var folder = StoreTransfer.Folder("This folder alone, with those below it.");
        var format = StoreTransfer.Format("How the mail is written.", "mbox", "eml", "maildir");
        var since = Day("--since", "Messages that came on this day or later.");
        var before = Day("--before", "Messages that came before this day.");
        var link = new Option<bool>("--link") { Description = "With maildir: gives the files second names where that can be, instead of copying." };
        var command = new Command("export", "Writes mail out; run again, it goes on and adds what is new. Replaces no file.")
        {
            account, target, folder, format, since, before, link, config, json,
        };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() =>
        {
            var options = new ExportOptions
            {
                Folder = StoreTransfer.FolderOf(result.GetValue(folder)),
                Format = StoreTransfer.FormatOf(result.GetValue(format)),
                Since = result.GetValue(since),
                Before = result.GetValue(before),
                IsLinked = result.GetValue(link),
            };
            if (options is { IsLinked: true, Format: not TransferFormat.Maildir })
                throw new StoreUsageException(ExitCode.Wrong, "--link: only with --format maildir");
            return StoreTransfer.RunAsync(
                result.GetRequiredValue(config), result.GetRequiredValue(account), result.GetValue(json), "written",
                (store, user, progress) => new MailExport(store, user, options).RunAsync(result.GetRequiredValue(target), progress, stop), stop);
        }));
        return command;
    }

    private static Option<DateOnly?> Day(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "YYYY-MM-DD",
        CustomParser = result =>
        {
            if (result.Tokens.Count == 1 && DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                return day;
            result.AddError($"{name}: a day as 2026-11-24 is expected");
            return null;
        },
    };
}
