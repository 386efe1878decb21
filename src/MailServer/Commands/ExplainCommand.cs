using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MailServer.Pipeline;
using MailServer.Posix;
using MailServer.Rules;
using MailServer.Server.Configuration;
using MailServer.Server.Hosting;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver explain</c>: why a message is where it is, from the connection it came by to its place now.</summary>
internal static class ExplainCommand
{
    public static Command Build()
    {
        var (config, json) = (CommandTree.Config(), CommandTree.Json());
        var message = new Argument<string?>("MESSAGE") { Description = "A path, a base name, a Message-ID, or ACCOUNT/FOLDER/UID.", Arity = ArgumentArity.ZeroOrOne };
        var account = new Option<string?>("--account") { Description = "Whose mail; left out: everybody's is searched.", HelpName = "ADDRESS" };
        var folder = StoreTransfer.Folder("With --uid: the folder.");
        var uid = new Option<uint?>("--uid") { Description = "The message's UID in --folder of --account.", HelpName = "N" };
        var command = new Command("explain", "Tells a message's story: how it came, which rule decided and why, where it is now.") { message, account, folder, uid, config, json };
        command.SetAction((result, stop) => StoreCommand.TryAsync(() => RunAsync(
            result.GetRequiredValue(config),
            QuestionOf(result.GetValue(message), result.GetValue(account), StoreTransfer.FolderOf(result.GetValue(folder)), result.GetValue(uid)), result.GetValue(json), stop)));
        return command;
    }

    /// <summary>Which message: a name in one account or in all, or a place.</summary>
    private sealed record Question(string? Name, string? Account, FolderName? Folder, uint? Uid)
    {
        public override string ToString() => Name ?? string.Create(CultureInfo.InvariantCulture, $"{Account}/{Folder}/{Uid}");
    }

    private static Question QuestionOf(string? message, string? account, FolderName? folder, uint? uid)
    {
        if (uid is not null)
            return message is null && account is not null
                ? new(null, account, folder ?? FolderName.Inbox, uid)
                : throw new StoreUsageException(ExitCode.Wrong, "--uid goes with --account and --folder, and without MESSAGE");
        if (message is not { Length: > 0 })
            throw new StoreUsageException(ExitCode.Wrong, "which message? a path, a base name, a Message-ID, ACCOUNT/FOLDER/UID, or --account, --folder and --uid");

        // As alice@example.org/Lists/dev/12.
        var (first, last) = (message.IndexOf('/', StringComparison.Ordinal), message.LastIndexOf('/'));
        if (first > 0 && last > first && !File.Exists(message) && message.AsSpan(0, first).Contains('@') && message[0] != '<'
            && uint.TryParse(message.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && FolderName.TryParse(message[(first + 1)..last], out var place))
            return new(null, message[..first], place, number);
        return new(first >= 0 && message[0] != '<' ? Path.GetFileName(message) : message, account, null, null);
    }

    private static async Task<int> RunAsync(string file, Question question, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        var users = await StoreTargets.UsersAsync(config, question.Account, cancellationToken).ConfigureAwait(false);
        var found = await AccountRun.WithStoreAsync(config, async store =>
        {
            List<Explanation> found = [];
            foreach (var user in users)
                if (Directory.Exists(store.MaildirOf(user)) && await FindAsync(config, store, user, question, cancellationToken).ConfigureAwait(false) is { } explanation)
                    found.Add(explanation);
            return found;
        }).ConfigureAwait(false);
        if (found.Count == 0)
            return await ExitCode.FailAsync(ExitCode.No, $"{question}: no such message, and no journal tells of one").ConfigureAwait(false);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(found, ExplanationJson.Default.ListExplanation)).ConfigureAwait(false);
        else
            foreach (var explanation in found)
                await ExplainText.PrintAsync(explanation).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static async Task<Explanation?> FindAsync(ServerConfig config, MaildirStore store, User user, Question question, CancellationToken cancellationToken)
    {
        var name = question.Name;
        if (question.Uid is { } uid && !(await store.NameOfAsync(user, question.Folder!.Value, uid, cancellationToken).ConfigureAwait(false)).TryGet(out name, out var problem))
            throw new StoreUsageException(ExitCode.No, $"{question}: {problem.Text}");
        var root = store.MaildirOf(user);
        var story = new JournalReader(root).StoryOf(name!);
        var baseName = name!.Split(':')[0];
        var located = await store.LocateAsync(user, [.. story.Select(entry => entry.Message).OfType<string>().Append(baseName).Distinct()], cancellationToken).ConfigureAwait(false);
        if (!located.TryGet(out var now, out var failed))
            throw new StoreUsageException(ExitCode.No, $"{user.Address}: {failed.Text}");
        if (story.Count == 0 && now.Count == 0)
            return null;
        return new()
        {
            Account = user.Address.ToString(),
            Now = [.. now.Select(message => new ExplainedPlace(message.File.Folder.Value, message.Uid, message.Flags, message.File.Path))],
            Story = story,
            Queued = QueuedIn(config, story),
            Rules = now.Count > 0 ? await TraceAsync(config, store, user, now[0].File, cancellationToken).ConfigureAwait(false) : null,
        };
    }

    /// <summary>What the queue still has of it.</summary>
    private static List<QueuedMail> QueuedIn(ServerConfig config, IReadOnlyList<JournalEntry> story)
    {
        var folder = new QueueFolder(MailHost.QueueOptionsOf(config).Directory);
        List<QueuedMail> queued = [];
        foreach (var id in story.Where(entry => entry.Event == JournalEvents.Queued).Select(entry => entry.Delivery?.Id).OfType<string>().Where(QueueFolder.IsId).Distinct())
            try
            {
                if (folder.Read(id) is { } mail)
                    queued.Add(mail);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                // queue show says why.
            }

        return queued;
    }

    /// <summary>What the scripts, as they are now, ask of the message: the administrators', and then the account's own.</summary>
    private static async Task<ExplainedRules?> TraceAsync(ServerConfig config, MaildirStore store, User user, MessageFile file, CancellationToken cancellationToken)
    {
        var versions = new RulesVersions(config);
        await using var _ = versions.ConfigureAwait(false);
        var global = config.GlobalRules is { } folder && Directory.Exists(folder) ? folder : null;
        var ownFolder = versions.OwnFolder(user) is { } named && RulesVersions.HasScripts(named) ? named : null;
        if (global is null && ownFolder is null)
            return null;
        RuleVersion? version = null;
        UserRuleSet? own = null;
        List<string> problems = [];
        using (new WorkLine("asking the rules"))
        {
            try
            {
                version = global is null ? null : await versions.LoadAsync(global, "explain", cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StoreUsageException or IOException)
            {
                problems.Add(e.Message);
            }

            try
            {
                // What does not compile goes on as it last did with the server; here it is not asked.
                own = ownFolder is null ? null : await versions.FindOwnAsync(user, ownFolder, "explain", cancellationToken).ConfigureAwait(false);
                problems.AddRange(own?.Diagnostics.Where(diagnostic => diagnostic.IsError).Select(diagnostic => $"{user.Address}/{diagnostic}") ?? []);
            }
            catch (Exception e) when (e is StoreUsageException or IOException)
            {
                problems.Add(e.Message);
            }

            var problem = problems.Count > 0 ? string.Join('\n', problems) : null;
            if (version is null && own is null)
                return new() { Problem = problem };
            var replay = MailReplay.Open(store.MaildirOf(user), store.Layout, file.Folder, config.Hostname, user.Address.ToString());
            var trace = await RuleTrace.OfAsync(version?.Rules, own, replay, file, cancellationToken).ConfigureAwait(false);
            return new()
            {
                Problem = problem,
                Today = RuleDiff.OutcomeOf(trace.Delivery),
                TodayBy = trace.Deciding is { } step ? $"{ExplainText.Place(step.Rule, step.Line, step.IsOwn, user.Address.ToString())} {step.Action}" : null,
                Scripts = [.. trace.Scripts.Select(script =>
                    new ExplainedScript(script.File, script.IsOwn, (script.IsOwn ? own!.VersionOf(script.File) : version!.VersionOf(script.File)) ?? "", script.Questions))],
                Sources = [.. trace.Scripts.Select(script => new ExplainedSource(script.File, script.IsOwn, LinesOf(script.IsOwn ? ownFolder! : global!, script)))],
            };
        }
    }

    /// <summary>A script's lines; none when it is gone meanwhile. An account's own folder is its owner's: no link is followed there.</summary>
    private static string[] LinesOf(string folder, RuleTraceScript script)
    {
        try
        {
            if (!script.IsOwn)
                return File.ReadAllLines(Path.Combine(folder, script.File));
            using var own = ForeignFolder.Open(folder);
            return own is null ? [] : System.Text.Encoding.UTF8.GetString(own.Read(script.File, UserRules.MaxScriptSize)).TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
