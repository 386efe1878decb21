using System.Collections.Concurrent;
using System.Globalization;
using MailServer.Rules.Tests;

namespace MailServer.Interop.Tests;

/// <summary>Users' scripts that want to harm, in the real server, while others get mail.</summary>
public sealed class HostileRuleTests(ITestOutputHelper output)
{
    // One worker is left for Alice: who has to wait when there is none is tested without a clock (FairnessTests).
    private const int Lanes = 3;

    private const int MailsAlone = 25;

    // What is said where it is the machine that has no time.
    private static readonly string[] Late = ["the time that a mail has is over", "no answer after 5 s", "no worker was", "the worker took longer than", "the mails before this one"];

    [InteropFact]
    public async Task Every_hostile_script_leaves_its_mail_in_INBOX_says_so_and_does_not_disturb_others()
    {
        var scripts = HostileScript.All.Select((script, i) => (Script: script, User: $"h{i:D3}")).ToArray();
        await using var server = await ServerProcess.StartAsync(ownRules: [.. scripts.Select(pair => pair.User)]);
        server.WriteRule("alice", "10.csx", "FileInto(\"Filed\");");
        foreach (var (script, user) in scripts)
            server.WriteRule(user, "10.csx", script.Text);
        await PrimeAsync(server, "alice");

        var primed = Sorted(server);
        var alone = new List<TimeSpan>();
        for (var i = 0; i < MailsAlone; i++)
            alone.AddRange(await Task.WhenAll(SendAsync(server, "alice"), SendAsync(server, "bob")));
        using var end = new CancellationTokenSource();
        var honest = Task.WhenAll(new[] { "alice", "bob" }.Select(user => Task.Run(() => SendUntilAsync(server, user, end.Token))));
        var hostile = new ConcurrentBag<TimeSpan>();
        await Parallel.ForEachAsync(scripts, new ParallelOptions { MaxDegreeOfParallelism = Lanes }, async (pair, _) =>
        {
            await PrimeAsync(server, pair.User);
            for (var i = 0; i < 2; i++)
                hostile.Add(await SendAsync(server, pair.User));
        });
        await end.CancelAsync();
        var sent = await honest;
        Say("honest mail alone", alone);
        Say("honest mail beside hostile scripts", sent.SelectMany(one => one));
        Say("mail to hostile scripts", hostile);

        // All of it was said by one server, which serves on.
        Assert.Equal(0, (await server.CommandAsync("status")).ExitCode);
        Assert.All(sent, one => Assert.True(one.Count > 10, $"{one.Count} honest mails"));
        // Filed, or where a machine is so busy that no process had a turn within a mail's time, in INBOX: for that reason and no other.
        Assert.Equal(MailsAlone + sent[0].Count, Sorted(server) - primed);
        Assert.Equal(MailsAlone + sent[1].Count, server.Messages("bob").Length);
        var wrong = string.Concat(scripts.Select(pair => Wrong(server, pair.Script, pair.User)));
        Assert.True(wrong.Length == 0, wrong);
    }

    [InteropFact]
    public async Task Mail_to_others_is_stored_while_twenty_messages_wait_for_an_endless_script()
    {
        await using var server = await ServerProcess.StartAsync(ownRules: ["mallory"]);
        server.WriteRule("alice", "10.csx", "FileInto(\"Filed\");");
        server.WriteRule("mallory", "10.csx", HostileScript.All.Single(script => script.Name == "loop without a lambda").Text);
        await PrimeAsync(server, "alice");
        await SendAsync(server, "bob");
        var primed = server.Messages("alice", ".Filed").Length + server.Messages("alice").Length;

        var hostile = Enumerable.Range(0, 20).Select(_ => SendAsync(server, "mallory")).ToArray();
        await server.SaysAsync("rules of mallory@example.org in service");
        await Task.WhenAll(SendAsync(server, "alice"), SendAsync(server, "bob"));
        var waiting = hostile.Count(mail => !mail.IsCompleted);
        Assert.True(waiting > 0, "all hostile mail was stored before the honest");
        Assert.Equal(1, server.Messages("alice", ".Filed").Length + server.Messages("alice").Length - primed);
        Assert.Equal(2, server.Messages("bob").Length);
        var slowest = (await Task.WhenAll(hostile)).Max();
        Assert.Equal(21, server.Messages("mallory").Length);
        output.WriteLine($"{waiting} of 20 hostile mails waited when the honest were stored; the slowest DATA of the hostile: {slowest.TotalSeconds:0.00} s");
    }

    /// <summary>Alice's mails that her script filed, or would have but for the machine.</summary>
    private static int Sorted(ServerProcess server) => server.Messages("alice", ".Filed").Length + server.LogText.Split('\n').Count(line =>
        line.Contains("of alice@example.org failed", StringComparison.Ordinal) && Late.Any(reason => line.Contains(reason, StringComparison.Ordinal)));

    /// <summary>What is not as it must be for an account that got three mails, two of them with its scripts compiled; empty when all is well.</summary>
    private static string Wrong(ServerProcess server, HostileScript script, string user)
    {
        var texts = server.Texts(user);
        var told = texts.Count(text => text.Contains("\nSubject: Mail rules need a look\n", StringComparison.Ordinal));
        var journal = server.Journal(user);
        // A machine too busy to find out whether a script computes or waits blames nobody.
        var isBlamed = script.Refused.Length > 0 || Late.Sum(reason => journal.Split(reason).Length - 1) < 3;
        var says = script.Refused.Length > 0 ? texts.Any(text => text.Contains(script.Refused, StringComparison.Ordinal)) : journal.Split("10.csx").Length > 2;
        return (script.InWorker == "32 folders" || texts.Count - told == 3) && (told == 1 || (told == 0 && !isBlamed)) && says
            ? ""
            : $"{user} {script.Name}: {texts.Count - told} mails, told {told} times\n{journal}\n";
    }

    /// <summary>A first mail, which on a busy machine may be there before the compiler is, and waits for that one.</summary>
    private static async Task PrimeAsync(ServerProcess server, string user)
    {
        await SendAsync(server, user);
        await server.SaysAsync($"rules of {user}@example.org in service", $"of {user}@example.org does not compile");
    }

    private static async Task<List<TimeSpan>> SendUntilAsync(ServerProcess server, string user, CancellationToken end)
    {
        List<TimeSpan> times = [];
        while (!end.IsCancellationRequested)
            times.Add(await SendAsync(server, user));
        return times;
    }

    /// <summary>How long the answer to the end of DATA took, when the mail is in its folder: what eng/hostile shows. No test is about it, since CI's machine is busy.</summary>
    private void Say(string what, IEnumerable<TimeSpan> times)
    {
        TimeSpan[] sorted = [.. times.Order()];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"MEASURED {what}: {sorted.Length} mails, stored after {sorted[sorted.Length / 2].TotalSeconds:0.000} s in the middle, {sorted[sorted.Length * 99 / 100].TotalSeconds:0.000} s at 99 %, {sorted[^1].TotalSeconds:0.000} s at most"));
    }

    /// <summary>Sends one mail, acknowledged. Says how long its end took.</summary>
    private static async Task<TimeSpan> SendAsync(ServerProcess server, string user)
    {
        await using var client = await LineClient.ConnectAsync(server.Port("mx"));
        await client.CommandAsync("EHLO client.example", "250 ");
        await client.CommandAsync("MAIL FROM:<sender@example.net>", "250");
        await client.CommandAsync($"RCPT TO:<{user}@example.org>", "250");
        await client.CommandAsync("DATA", "354");
        var start = TimeProvider.System.GetTimestamp();
        await client.CommandAsync("From: sender@example.net\r\nSubject: hello\r\n\r\nhello\r\n.", "250");
        return TimeProvider.System.GetElapsedTime(start);
    }
}
