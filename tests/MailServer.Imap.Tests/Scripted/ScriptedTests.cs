using System.Globalization;
using System.Text;
using MailServer.Posix;
using MailServer.Storage;
using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Imap.Tests.Scripted;

/// <summary>The scripts of imaptest, written by Dovecot's author and run by most IMAP servers, against the real store.</summary>
public sealed class ScriptedTests
{
    private static readonly string? Folder = Corpora.Find("imap-imaptest", out _);

    // Both pipeline scripts use a third form of commands; dialogs here do the same. search-addresses looks for an address within
    // "user (comment) @ domain"; the store's SEARCH takes the field as it is written.
    // append-binary stores NULs by changing the message's encoding; here a message is stored as it comes, and NO [UNKNOWN-CTE] is the answer
    // (RFC 3516 §4.4).
    private static readonly string[] LeftOut = ["pipeline", "pipeline-connections", "search-addresses", "append-binary"];

    // What they need is not offered yet. When it is, the second test here says so, and the script is taken out of this list.
    private static readonly string[] NotOffered =
    [
        "notify", "urlauth", "urlauth-binary", "urlauth2",
    ];

    public static TheoryData<string> Names => Folder is null ? ["none"] :
        [.. Directory.GetFiles(Path.Combine(Folder, "tests")).Select(file => Path.GetFileName(file)).Where(IsOurs).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_script_goes_as_it_is_written(string name)
    {
        Assert.SkipWhen(Folder is null, "no test data: imap-imaptest (set MAILSERVER_CORPORA)");
        var script = Script.Read(Path.Combine(Folder, "tests", name));
        using var directory = new TempDirectory();
        using var watcher = DirectoryWatcher.Create();
        await using var store = new MaildirStore(
            new() { Maildir = "{data}/{user}", DataDirectory = directory.Path, Hostname = "mx.example.org" }, watcher, TimeProvider.System, NullLoggerFactory.Instance);
        var host = Session.NewHost();
        host.Store = store;

        var variables = new Dictionary<string, string> { ["mailbox"] = "imaptest", ["mailbox_url"] = "imaptest", ["user"] = "alice", ["username"] = "alice", ["password"] = "seCret-7" };
        var (sessions, clients) = (new List<Session>(), new List<ScriptedClient>());
        var next = 0;
        for (var i = 0; i < script.Connections; i++)
        {
            sessions.Add(await Session.StartAsync(host));
            clients.Add(new(sessions[i].Connection));
            await sessions[i].Connection.ReadLineAsync();
            await PrepareAsync(script, clients[i], isFirst: i == 0, () => Next(script, ref next));
        }

        var matcher = new Matcher(variables);
        foreach (var step in script.Steps)
            await RunAsync(step, clients[step.Connection], matcher, variables, () => Next(script, ref next));
        foreach (var session in sessions)
        {
            session.Connection.HangUp();
            await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task Scripts_that_are_left_out_need_what_is_not_offered()
    {
        Assert.SkipWhen(Folder is null, "no test data: imap-imaptest (set MAILSERVER_CORPORA)");
        var session = await Session.LoggedInAsync();
        foreach (var name in NotOffered)
            Assert.NotEmpty(await MissingAsync(Script.Read(Path.Combine(Folder, "tests", name)), new(session.Connection)));
    }

    private static bool IsOurs(string name) => !name.EndsWith(".mbox", StringComparison.Ordinal) && !LeftOut.Contains(name) && !NotOffered.Contains(name);

    /// <summary>What a script needs and the server does not offer.</summary>
    private static async Task<List<string>> MissingAsync(Script script, ScriptedClient client)
    {
        var needed = script.Header.GetValueOrDefault("capabilities", "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (replies, _) = await client.SayAsync("CAPABILITY");
        var offered = replies.SelectMany(reply => reply.Text.Split(' ')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. needed.Where(one => !offered.Contains(one))];
    }

    private static async Task PrepareAsync(Script script, ScriptedClient client, bool isFirst, Func<string> next)
    {
        var state = script.Header.GetValueOrDefault("state", "selected");
        if (state == "nonauth")
            return;
        await MustAsync(client, "LOGIN alice seCret-7");
        Assert.Empty(await MissingAsync(script, client));
        if (isFirst && state != "auth")
        {
            await MustAsync(client, "CREATE imaptest");
            var count = script.Header.GetValueOrDefault("messages", "all") is var text && text == "all" ? script.Messages.Count : int.Parse(text, CultureInfo.InvariantCulture);
            for (var i = 0; state is "appended" or "selected" && i < count; i++)
                await MustAsync(client, "APPEND imaptest " + next());
        }

        if (state == "selected")
            await MustAsync(client, "SELECT imaptest");
    }

    private static async Task MustAsync(ScriptedClient client, string command) =>
        Assert.StartsWith("OK", (await client.SayAsync(command)).Tagged);

    private static string Next(Script script, ref int next)
    {
        var (date, zone, text) = script.Messages[next++ % script.Messages.Count];
        return $"\"{date.ToString("dd-MMM-yyyy HH:mm:ss", CultureInfo.InvariantCulture)} {zone}\" {{{text.Length}+}}\r\n{text}";
    }

    private static async Task RunAsync(Step step, ScriptedClient client, Matcher matcher, Dictionary<string, string> variables, Func<string> next)
    {
        var command = matcher.Expand(step.Command);
        if (command.Split(' ') is ["append", .. var words] && !command.Contains('{', StringComparison.Ordinal))
            command = $"append {(words.Length == 0 ? "imaptest" : string.Join(' ', words))} {next()}";
        var (replies, tagged) = await client.SayAsync(command);
        variables["tag"] = client.Tag;
        string Where(string what) => new StringBuilder($"line {step.Line}: {step.Command}: {what}\n").AppendJoin('\n', replies.Select(reply => reply.Text)).Append('\n').Append(tagged).ToString();

        Assert.True(tagged.StartsWith(step.Status ?? "", StringComparison.OrdinalIgnoreCase), Where($"wanted {step.Status}"));
        Assert.True(step.Prefix.Length == 0 || matcher.MatchesText(step.Prefix, tagged[(tagged.IndexOf(' ', StringComparison.Ordinal) + 1)..]), Where(step.Prefix));
        foreach (var wanted in step.Wanted)
        {
            // Of several patterns for one reply (with and without \Noselect) one is enough: imaptest takes a reply for each.
            var found = replies.FindIndex(reply => matcher.Matches(Reply.Parse(wanted), reply.Reply, reply.Number));
            Assert.True(found >= 0, Where($"wanted * {wanted}"));
        }

        foreach (var unwanted in step.Unwanted)
            Assert.False(replies.Exists(reply => matcher.Matches(Reply.Parse(unwanted), reply.Reply, reply.Number)), Where($"unwanted * {unwanted}"));
    }
}
