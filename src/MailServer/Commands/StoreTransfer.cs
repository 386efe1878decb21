using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Posix;
using MailServer.Server.Configuration;
using MailServer.Server.Logging;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Commands;

/// <summary>What <c>store import</c> and <c>store export</c> have in common: one account, a store of its own beside the server's, a report.</summary>
internal static class StoreTransfer
{
    public static Argument<string> Account() => new("ACCOUNT") { Description = "As alice@example.org." };

    public static Option<string?> Folder(string description) => new("--folder") { Description = description, HelpName = "FOLDER" };

    public static Option<string> Format(string description, params string[] formats)
    {
        var option = new Option<string>("--format") { Description = description, HelpName = string.Join('|', formats), DefaultValueFactory = _ => formats[0] };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    public static TransferFormat FormatOf(string? word) => Enum.Parse<TransferFormat>(word ?? "", ignoreCase: true);

    /// <summary>Reads a folder's name.</summary>
    /// <exception cref="StoreUsageException">It is none.</exception>
    public static FolderName? FolderOf(string? text) =>
        text is null ? null
        : FolderName.TryParse(text, out var folder) ? folder
        : throw new StoreUsageException(ExitCode.Wrong, $"--folder: \"{text}\" is no folder's name");

    /// <summary>Runs a transfer on an account and prints what came of it.</summary>
    public static async Task<int> RunAsync(
        string file, string account, bool asJson, string verb, Func<MaildirStore, User, IProgress<TransferProgress>, ValueTask<TransferReport>> transfer, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        var user = (await StoreTargets.UsersAsync(config, account, cancellationToken).ConfigureAwait(false))[0];
        using var logging = new LogWriter(Console.OpenStandardError(), TimeProvider.System) { Config = new(LogFormat.Text, LogLevel.Warning) };
        using var watcher = DirectoryWatcher.Create();
        var store = new MaildirStore(StoreTargets.OptionsOf(config), watcher, TimeProvider.System, logging);
        await using (store.ConfigureAwait(false))
        {
            TransferReport report;
            using (var progress = new TransferLine())
                report = await transfer(store, user, progress).ConfigureAwait(false);
            if (asJson)
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(TransferPrint.Of(account, report), TransferJson.Default.TransferPrint)).ConfigureAwait(false);
            else
                await PrintAsync(report, verb).ConfigureAwait(false);
            return report.IsWhole ? ExitCode.Done : ExitCode.No;
        }
    }

    private static async Task PrintAsync(TransferReport report, string verb)
    {
        foreach (var (origin, reason) in report.Skipped)
            await Console.Error.WriteLineAsync($"left out: {(origin.Length > 0 ? origin : ".")}: {reason}").ConfigureAwait(false);
        if (report.SkippedCount > report.Skipped.Count)
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"left out: {report.SkippedCount - report.Skipped.Count} more")).ConfigureAwait(false);
        if (report.Folders.Count > 0)
        {
            var table = Screen.Table("folder", verb, "there already");
            foreach (var folder in report.Folders)
                Screen.Row(table, folder.Folder.Value, Number(folder.Added), Number(folder.AlreadyThere));
            Screen.Create().Write(table);
        }

        var others = report.OtherFiles > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {StoreText.Count(report.OtherFiles, "file")} {(report.OtherFiles == 1 ? "holds" : "hold")} no mail") : "";
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{StoreText.Count(report.Added, "message")} {verb}, {report.AlreadyThere} were there already, {report.SkippedCount} left out{others}")).ConfigureAwait(false);
        if (report.Problem is { } problem)
            await Console.Error.WriteLineAsync($"stopped before the end: {problem.Text}; the same command goes on from here").ConfigureAwait(false);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What <c>store import --json</c> and <c>store export --json</c> print.</summary>
internal sealed record TransferPrint(
    string Account, bool IsWhole, int Done, int AlreadyThere, int LeftOut, int OtherFiles, string? Problem, IReadOnlyList<TransferPrintFolder> Folders, IReadOnlyList<SkippedMessage> Skipped)
{
    public static TransferPrint Of(string account, TransferReport report) => new(
        account, report.IsWhole, report.Added, report.AlreadyThere, report.SkippedCount, report.OtherFiles, report.Problem?.Text,
        [.. report.Folders.Select(folder => new TransferPrintFolder(folder.Folder.Value, folder.Added, folder.AlreadyThere))], report.Skipped);
}

internal sealed record TransferPrintFolder(string Folder, int Done, int AlreadyThere);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(TransferPrint))]
internal sealed partial class TransferJson : JsonSerializerContext;
