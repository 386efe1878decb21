using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver store journal</c>: what happened to an account's mail, or to one message.</summary>
internal static class StoreJournalCommand
{
    /// <summary>Lines shown when nothing is asked for in particular.</summary>
    private const int Usual = 50;

    public static Command Build()
    {
        var (account, maildir, config, json) = (StoreCommand.Account(), StoreCommand.Maildir(), CommandTree.Config(), CommandTree.Json());
        var message = new Option<string?>("--message") { Description = "One message: its file's name, or its Message-ID.", HelpName = "NAME" };
        var since = new Option<string?>("--since") { Description = "From that time on: 2026-11-24, 2026-11-24T14:30 (UTC), or 3d, 12h, 30m ago.", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Before that time.", HelpName = "TIME" };
        var last = new Option<int>("--last") { Description = "How many lines; 0 for all.", DefaultValueFactory = _ => Usual, HelpName = "COUNT" };
        var command = new Command("journal", "Shows what happened to an account's mail, and who did it.") { account, maildir, message, since, until, last, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config), result.GetValue(account), result.GetValue(maildir), result.GetValue(message),
            (result.GetValue(since), result.GetValue(until)), result.GetValue(last), result.GetValue(json), stop)));
        return command;
    }

    private static async Task<int> RunAsync(string file, string? account, string? maildir, string? message, (string? Since, string? Until) range,
        int last, bool asJson, CancellationToken cancellationToken)
    {
        if (account is null && maildir is null)
            return await ExitCode.FailAsync(ExitCode.Wrong, "an ACCOUNT or --maildir is expected").ConfigureAwait(false);
        var target = (await StoreTargets.FindAsync(file, account, maildir, cancellationToken).ConfigureAwait(false))[0];
        var reader = new JournalReader(target.Maildir) { Since = PointInTime.Read("--since", range.Since), Until = PointInTime.Read("--until", range.Until) };
        var entries = message is { Length: > 0 }
            ? reader.StoryOf(message)
            : [.. (last > 0 ? reader.Backward().Take(last) : reader.Backward()).Reverse()];
        foreach (var entry in entries)
            if (asJson)
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(entry, JournalPrintJson.Default.JournalEntry)).ConfigureAwait(false);
            else
                await PrintAsync(entry).ConfigureAwait(false);
        if (reader.Skipped > 0)
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{reader.Skipped} lines make no sense and were skipped")).ConfigureAwait(false);
        if (entries.Count > 0 || message is null)
            return ExitCode.Done;
        return await ExitCode.FailAsync(ExitCode.No, $"{target.Name}: the journal says nothing of {message}").ConfigureAwait(false);
    }

    private static async Task PrintAsync(JournalEntry entry)
    {
        var time = entry.Time.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        await StoreText.WriteAsync(Clean($"{time} {entry.Event} {Place(entry)}by {entry.By}{(entry.Peer is { } peer ? $" from {peer}" : "")}{(entry.Session is { } session ? $" ({session})" : "")}"), "    ").ConfigureAwait(false);
        if (entry.Message is { } message)
            await StoreText.WriteAsync(Clean($"    {message}"), "      ").ConfigureAwait(false);
        if (entry.MessageId is { } id)
            await StoreText.WriteAsync(Clean($"    Message-ID {id}"), "      ").ConfigureAwait(false);
        if (entry.From?.Message is { } before)
            await StoreText.WriteAsync(Clean($"    was {before}"), "      ").ConfigureAwait(false);
        if (entry.Flags is { } flags)
            await StoreText.WriteAsync(Clean($"    flags: {flags}"), "      ").ConfigureAwait(false);
        if (entry.Adoption is { } adoption)
            await StoreText.WriteAsync(Clean($"    {Text(adoption)}"), "      ").ConfigureAwait(false);
        if (entry.Delivery is { } delivery)
            await PrintAsync(delivery).ConfigureAwait(false);
    }

    private static async Task PrintAsync(JournalDelivery delivery)
    {
        List<string> lines =
        [
            $"<{delivery.Sender}> to <{delivery.Recipient}>, {delivery.Size.ToString(CultureInfo.InvariantCulture)} octets, our name {delivery.Id}",
            $"{delivery.With} from {delivery.Helo}{(delivery.Tls is { } tls ? $", {tls}" : "")}{(delivery.User is { } user ? $", logged in as {user}" : "")}",
        ];
        if (delivery.MessageId is { } id)
            lines.Add($"Message-ID {id}");
        if (delivery.Score != 0)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"junk score {delivery.Score}"));
        lines.AddRange(delivery.Findings ?? []);
        foreach (var step in delivery.Steps ?? [])
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{step.Rule}{(step.Line > 0 ? $"({step.Line})" : "")}{(step.Version is { } version ? $" [{version}]" : "")}: {step.Action}"));
        if (delivery.Problem is { } problem)
            lines.Add($"refused: {problem}");
        foreach (var line in lines)
            await StoreText.WriteAsync(Clean($"    {line}"), "      ").ConfigureAwait(false);
    }

    private static string Text(JournalAdoption adoption)
    {
        var programs = adoption.Programs.Count > 0 ? $", written by {string.Join(", ", adoption.Programs)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{StoreText.Count(adoption.Folders, "folder")}, {StoreText.Count(adoption.Messages, "message")}, layout {adoption.Layout}{programs}; ")
            + string.Create(CultureInfo.InvariantCulture, $"{adoption.GivenUids} were given UIDs, {adoption.Pop3Ids} have POP3 ids, ")
            + string.Create(CultureInfo.InvariantCulture, $"{StoreText.Count(adoption.Subscriptions, "subscription")}, {StoreText.Count(adoption.Problems, "problem")}");
    }

    private static string Place(JournalEntry entry)
    {
        var at = Place(entry.Folder ?? "", entry.Uid);
        if (entry.From is { } from)
            at = $"{Place(from.Folder, from.Uid)} -> {at}";
        if (entry.Count is { } count)
            at += $", {StoreText.Count(count, "message")}";
        return at.Length > 0 ? at + " " : "";
    }

    private static string Place(string folder, uint? uid) => uid is { } number ? string.Create(CultureInfo.InvariantCulture, $"{folder}/{number}") : folder;

    /// <summary>What strangers wrote must not move a terminal's cursor.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
