using System.CommandLine;
using System.Text.Json;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using MailServer.Server.Hosting;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver account quota</c>: what an account holds and may hold, and setting that. A running server hears of it at once.</summary>
internal static class AccountQuotaCommand
{
    /// <summary>Below this nothing fits.</summary>
    private const long MinSize = 1024;

    public static Command Build(Argument<string> address)
    {
        var (config, json) = (CommandTree.Config(), CommandTree.Json());
        var size = new Option<string?>("--size") { Description = "What it may hold, as 1G, 500M or 1GiB; 0 for no limit of size.", HelpName = "SIZE" };
        var messages = new Option<long?>("--messages") { Description = "How many messages it may hold; 0 for any number.", HelpName = "COUNT" };
        var none = new Option<bool>("--none") { Description = "It may hold anything, whatever the configuration says." };
        var usual = new Option<bool>("--default") { Description = "It may hold what the configuration says." };
        var command = new Command("quota", "Shows what an account holds and may hold, and changes that.") { address, size, messages, none, usual, config, json };
        command.Validators.Add(result =>
        {
            var limits = result.GetResult(size) is not null || result.GetResult(messages) is not null ? 1 : 0;
            if (limits + (result.GetValue(none) ? 1 : 0) + (result.GetValue(usual) ? 1 : 0) > 1)
                result.AddError("--size and --messages, or --none, or --default: only one of these goes");
            if (result.GetValue(messages) < 0)
                result.AddError("--messages: a number from 0 on is expected");
            if (result.GetValue(size) is { } text && !TryReadSize(text, out _))
                result.AddError($"--size: \"{text}\" is no size from {MinSize} octets on; as 1G, 500M or 1GiB, or 0");
        });
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config), result.GetRequiredValue(address), Change.Of(result.GetValue(size), result.GetValue(messages), result.GetValue(none), result.GetValue(usual)), result.GetValue(json), stop)));
        return command;
    }

    private static async Task<int> RunAsync(string file, string address, Change? change, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        var user = (await StoreTargets.UsersAsync(config, address, cancellationToken).ConfigureAwait(false))[0];
        if (change is not null)
        {
            var quota = change.Apply(user.Quota);
            if (await SetAsync(config, user, quota, cancellationToken).ConfigureAwait(false) is { } reason)
                return await ExitCode.FailAsync(ExitCode.No, reason).ConfigureAwait(false);
            user = user with { Quota = quota };
        }

        var options = StoreTargets.OptionsOf(config);
        var usage = AccountUsage.Count(options, user);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(QuotaReport.Of(user, usage), PrintJson.Default.QuotaReport)).ConfigureAwait(false);
        else
            await Console.Out.WriteLineAsync(
                $"{user.Address}: {Holds(usage)}{(user.Quota is null && usage.Limit.HasLimit ? "; the limits are the configuration's" : "")}").ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static string Holds(QuotaUsage usage) => usage.Limit.HasLimit
        ? QuotaText.Of(usage)
        : $"{QuotaText.Size(usage.Storage)} in {StoreText.Count(usage.Messages, "message")}, no limit";

    private static async ValueTask<string?> SetAsync(ServerConfig config, User user, Quota? quota, CancellationToken cancellationToken)
    {
        var offline = await OfflinePlugins.LoadAsync(config, cancellationToken).ConfigureAwait(false);
        await using (offline.ConfigureAwait(false))
            return offline.Plugins.Accounts.Editor is not { } editor
                ? string.Join('\n', ["no plugin that is loaded keeps accounts that can be changed", .. offline.Failures])
                : await editor.SetQuotaAsync(user.Address, quota, cancellationToken).ConfigureAwait(false) is { } problem ? $"{user.Address}: {problem.Text}" : null;
    }

    private static bool TryReadSize(string text, out long size)
    {
        // As people write it, and as the configuration does.
        var upper = text.ToUpperInvariant();
        var isRead = upper.EndsWith('K') || upper.EndsWith('M') || upper.EndsWith('G')
            ? Units.TryReadSize(upper + "iB", out size)
            : Units.TryReadSize(text, out size) || Units.TryReadSize(text + "B", out size);
        return isRead && size is 0 or >= MinSize;
    }

    /// <summary>What is to be changed: some limits, all, or whether there are any of the account's own.</summary>
    private sealed record Change(long? Storage, long? Messages, bool IsNone, bool IsDefault)
    {
        public static Change? Of(string? size, long? messages, bool isNone, bool isDefault) =>
            size is null && messages is null && !isNone && !isDefault ? null
            : new(size is not null && TryReadSize(size, out var storage) ? storage : null, messages, isNone, isDefault);

        public Quota? Apply(Quota? before) =>
            IsDefault ? null
            : IsNone ? new()
            : new() { Storage = Pick(Storage, before?.Storage), Messages = Pick(Messages, before?.Messages) };

        private static long? Pick(long? wish, long? before) => wish switch { null => before, 0 => null, _ => wish };
    }
}
