using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Pipeline;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using MailServer.Server.Hosting;
using Spectre.Console;

namespace MailServer.Server.Commands;

/// <summary>
/// <c>mailserver queue list|show|retry|hold|release|delete</c>: mail for other servers. What is there is read from the files, with a server and
/// without; a running server is asked to change it.
/// </summary>
internal static partial class QueueCommand
{
    public static Command Build()
    {
        var (config, json) = (CommandTree.Config(), CommandTree.Json());
        var list = new Command("list", "Lists what waits, oldest first.") { config, json };
        list.SetAction((result, _) => ListAsync(result.GetRequiredValue(config), result.GetValue(json)));
        var id = new Argument<string>("ID") { Description = "Our name for the message, as the list shows it." };
        var show = new Command("show", "Shows a message's recipients, and why each of them has not got it.") { id, config, json };
        show.SetAction((result, _) => ShowAsync(result.GetRequiredValue(config), result.GetRequiredValue(id), result.GetValue(json)));
        return new("queue", "Shows and changes what waits for other servers.")
        {
            list, show,
            Change(QueueChange.Retry, "Tries messages now, also where nobody was reached lately."),
            Change(QueueChange.Hold, "Keeps messages from being tried."),
            Change(QueueChange.Release, "Lets held messages go."),
            Change(QueueChange.Delete, "Removes messages; nobody is told."),
        };
    }

    private static Command Change(QueueChange change, string description)
    {
        var (config, id) = (CommandTree.Config(), new Argument<string[]>("ID") { Description = "Messages, as the list shows them.", Arity = ArgumentArity.ZeroOrMore });
        var all = new Option<bool>("--all") { Description = "All messages." };
        var command = new Command(NameOf(change), description) { id, all, config };
        command.SetAction((result, stop) => ChangeAsync(result.GetRequiredValue(config), change, result.GetValue(id) ?? [], result.GetValue(all), stop));
        return command;
    }

    private static async Task<int> ListAsync(string file, bool asJson)
    {
        var mails = ReadAll(FolderOf(ConfigReader.Read(file)), out var broken);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(mails, QueueJson.Default.ListQueuedMail)).ConfigureAwait(false);
        else
            Print(Screen.Create(), mails, TimeProvider.System.GetUtcNow());
        foreach (var line in broken)
            await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
        return broken.Count > 0 ? ExitCode.No : ExitCode.Done;
    }

    /// <summary>A line for each message, and below it why it waits.</summary>
    internal static void Print(IAnsiConsole screen, IReadOnlyList<QueuedMail> mails, DateTimeOffset now)
    {
        foreach (var mail in mails)
        {
            var waiting = mail.Waiting.ToArray();
            var whom = waiting.Length switch { 0 => "nobody", 1 => $"<{waiting[0].Address}>", var count => string.Create(CultureInfo.InvariantCulture, $"<{waiting[0].Address}> and {count - 1} more") };
            var when = mail.IsHeld ? "held" : mail.Next <= now ? "due" : $"in {Units.Write(TimeSpan.FromMinutes(Math.Ceiling((mail.Next - now).TotalMinutes)))}";
            screen.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mail.Id}  {mail.Arrived.UtcDateTime:MM-dd HH:mm}  {SizeOf(mail.Size),7}  tried {mail.Tries}x, {when}"));
            screen.WriteLine(Cut($"    <{mail.From}> to {whom}"));
            if (waiting is [{ Reason: not null } first, ..])
                screen.WriteLine(Cut($"    {WhyOf(first)}"));
        }

        screen.WriteLine(mails.Count == 1 ? "1 message" : string.Create(CultureInfo.InvariantCulture, $"{mails.Count} messages"));
    }

    private static async Task<int> ShowAsync(string file, string id, bool asJson)
    {
        var folder = FolderOf(ConfigReader.Read(file));
        if (!QueueFolder.IsId(id) || Read(folder, id, out var broken) is not { } mail)
            return await ExitCode.FailAsync(ExitCode.No, QueueFolder.IsId(id) && Read(folder, id, out broken) is null && broken is not null ? broken : $"no message {id} is queued").ConfigureAwait(false);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(mail, QueueJson.Default.QueuedMail)).ConfigureAwait(false);
        else
            Print(Screen.Create(), mail, folder.MessageOf(id));
        return ExitCode.Done;
    }

    private static void Print(IAnsiConsole screen, QueuedMail mail, string path)
    {
        screen.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mail.Id} from <{mail.From}>, {SizeOf(mail.Size)}, in {path}"));
        screen.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"came {mail.Arrived.UtcDateTime:yyyy-MM-dd HH:mm:ss}, given up {mail.Expires.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, tried {mail.Tries} times"));
        screen.WriteLine(mail.IsHeld ? "held until it is released" : string.Create(CultureInfo.InvariantCulture, $"tried next {mail.Next.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"));
        foreach (var recipient in mail.To)
        {
            screen.WriteLine($"  <{recipient.Address}> {StateOf(recipient.State)}");
            if (recipient.Reason is not null)
                screen.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {recipient.Tried?.UtcDateTime:yyyy-MM-dd HH:mm:ss} {WhyOf(recipient)}"));
        }
    }

    private static async Task<int> ChangeAsync(string file, QueueChange change, string[] ids, bool isAll, CancellationToken cancellationToken)
    {
        if (isAll == ids.Length > 0)
            return await ExitCode.FailAsync(ExitCode.Wrong, "which messages? Their ids, or --all").ConfigureAwait(false);
        if (ids.FirstOrDefault(id => !QueueFolder.IsId(id)) is { } wrong)
            return await ExitCode.FailAsync(ExitCode.Wrong, $"\"{wrong}\" is no message's id").ConfigureAwait(false);
        var config = ConfigReader.Read(file);
        var count = 0;
        var isGood = true;
        IReadOnlyList<string?> targets = isAll ? new string?[] { null } : ids;
        foreach (var id in targets)
        {
            var changed = await ChangeAsync(config, change, id, cancellationToken).ConfigureAwait(false);
            if (changed == 0 && id is not null)
                isGood = await ExitCode.FailAsync(ExitCode.No, $"{id}: not queued, or nothing to {NameOf(change)}").ConfigureAwait(false) == ExitCode.Done;
            count += changed;
        }

        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{NameOf(change)}: {count} {(count == 1 ? "message" : "messages")}")).ConfigureAwait(false);
        return isGood ? ExitCode.Done : ExitCode.No;
    }

    private static async ValueTask<int> ChangeAsync(ServerConfig config, QueueChange change, string? id, CancellationToken cancellationToken)
    {
        var request = new ControlRequest { Command = $"queue-{NameOf(change)}", Target = id };
        if (await ControlClient.AskAsync(config.DataDirectory, request, cancellationToken).ConfigureAwait(false) is { } reply)
            return reply.Changed ?? 0;
        try
        {
            // A server that starts just now would not see what is changed under it.
            using var hold = DataLock.Take(config.DataDirectory);
            return MailQueue.Change(FolderOf(config), change, id, TimeProvider.System.GetUtcNow());
        }
        catch (Exception e) when (e is StartException or InvalidDataException)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static QueueFolder FolderOf(ServerConfig config) => new(MailHost.QueueOptionsOf(config).Directory);

    private static List<QueuedMail> ReadAll(QueueFolder folder, out List<string> broken)
    {
        var mails = new List<QueuedMail>();
        broken = [];
        foreach (var id in folder.List())
            if (Read(folder, id, out var reason) is { } mail)
                mails.Add(mail);
            else if (reason is not null)
                broken.Add(reason);
        return mails;
    }

    private static QueuedMail? Read(QueueFolder folder, string id, out string? broken)
    {
        broken = null;
        try
        {
            return folder.Read(id);
        }
        catch (InvalidDataException e)
        {
            broken = $"{folder.EnvelopeOf(id)}: {e.Message}";
            return null;
        }
    }

    private static string NameOf(QueueChange change) => change.ToString().ToLowerInvariant();

    private static string StateOf(QueuedState state) => state switch
    {
        QueuedState.Waiting => "waits",
        QueuedState.Sent => "has it",
        QueuedState.Relayed => "has it, the sender is to be told",
        QueuedState.Failed => "given up, the sender is to be told",
        _ => "given up, the sender was told",
    };

    private static string WhyOf(QueuedRecipient recipient) =>
        $"{recipient.Status} {(recipient.Server is { } server ? $"{server}: " : "")}{recipient.Reply ?? recipient.Reason}";

    private static string SizeOf(long size) => size switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{size} B"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{size / 1024.0:0.#} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{size / 1024.0 / 1024.0:0.#} MiB"),
    };

    private static string Cut(string line) => line.Length <= 100 ? line : string.Concat(line.AsSpan(0, 97), "...");

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
    [JsonSerializable(typeof(QueuedMail))]
    [JsonSerializable(typeof(List<QueuedMail>))]
    private sealed partial class QueueJson : JsonSerializerContext;
}
