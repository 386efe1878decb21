using System.CommandLine;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver store import</c>: brings mail from mboxes, Maildirs and single files into an account.</summary>
internal static class StoreImportCommand
{
    public static Command Build()
    {
        var (account, config, json) = (StoreTransfer.Account(), CommandTree.Config(), CommandTree.Json());
        var source = new Argument<string>("SOURCE") { Description = "A file or directory: mboxes, .eml files, Maildirs, a Thunderbird profile, in any mixture." };
        var folder = StoreTransfer.Folder("Puts all into and below this folder.");
        var format = StoreTransfer.Format("Takes only what is of this kind.", "auto", "mbox", "eml", "maildir");
        var duplicates = new Option<string>("--duplicates")
        {
            Description = "Whether a message is taken that its folder has already.", HelpName = "skip|keep", DefaultValueFactory = _ => "skip",
        };
        duplicates.AcceptOnlyFromAmong("skip", "keep");
        var again = new Option<bool>("--again") { Description = "Takes again what an earlier import has brought and is no longer there." };
        var ignoreQuota = new Option<bool>("--ignore-quota") { Description = "Fills the account beyond what it may hold." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Says what would come, and changes nothing." };
        var command = new Command("import", "Brings mail in, each message once; can be stopped and begun again at any time.")
        {
            account, source, folder, format, duplicates, again, ignoreQuota, dryRun, config, json,
        };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() =>
        {
            var options = new ImportOptions
            {
                Folder = StoreTransfer.FolderOf(result.GetValue(folder)),
                Format = StoreTransfer.FormatOf(result.GetValue(format)),
                KeepDuplicates = result.GetValue(duplicates) == "keep",
                Again = result.GetValue(again),
                IgnoresQuota = result.GetValue(ignoreQuota),
                IsDryRun = result.GetValue(dryRun),
            };
            var path = result.GetRequiredValue(source);
            if (!Path.Exists(path))
                throw new StoreUsageException(ExitCode.No, $"{path}: no such file or directory");
            return StoreTransfer.RunAsync(
                result.GetRequiredValue(config), result.GetRequiredValue(account), result.GetValue(json), options.IsDryRun ? "to be taken" : "taken",
                (store, user, progress) => new MailImport(store, user, options).RunAsync(path, progress, stop), stop);
        }));
        return command;
    }
}
