using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MailServer.Interop.Tests;

/// <summary>Mail in and out beside a running server, by the real command; mutt reads what was written.</summary>
public sealed class TransferTests
{
    private const int Count = 600;

    [InteropFact]
    public async Task An_import_killed_again_and_again_brings_each_message_once()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await ServerProcess.StartAsync();
        await WriteMboxAsync(server.File("big.mbox"));
        string[] arguments = ["store", "import", "alice@example.org", server.File("big.mbox"), "--duplicates", "keep", "--json", "--config", server.Config];
        for (var kills = 0; kills < 5; kills++)
        {
            using var process = Tool.Start(ServerProcess.Executable, arguments);
            await Task.Delay(random.Next(500, 2500), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var last = await Tool.RunAsync(ServerProcess.Executable, arguments);
        Assert.True(last.ExitCode == 0, last.ToString());
        using var report = JsonDocument.Parse(last.Output);
        Assert.Equal(Count, report.RootElement.GetProperty("done").GetInt32() + report.RootElement.GetProperty("alreadyThere").GetInt32());
        var numbers = server.Messages("alice", ".big").Select(path => File.ReadLines(path).First()).ToList();
        Assert.Equal(Count, numbers.Count);
        Assert.Equal(Count, numbers.Distinct().Count());

        var status = await Tool.RunAsync("curl", "-sS", "--cacert", server.Certificate, "-u", "alice@example.org:" + ServerProcess.Password,
            server.Url("imaps", "imaps") + "/", "-X", "STATUS big (MESSAGES UIDNEXT)");
        Assert.Contains($"MESSAGES {Count} UIDNEXT {Count + 1}", status.Output, StringComparison.Ordinal);
    }

    [InteropFact]
    public async Task Mutt_finds_in_an_export_the_messages_and_flags_that_went_in()
    {
        await using var server = await ServerProcess.StartAsync();
        await WriteMboxAsync(server.File("big.mbox"));
        Assert.Equal(0, (await server.CommandAsync("store", "import", "alice@example.org", server.File("big.mbox"))).ExitCode);
        foreach (var (format, folder) in ((string, string)[])[("mbox", "big.mbox"), ("maildir", ".big")])
        {
            var target = server.File("out-" + format);
            var export = await server.CommandAsync("store", "export", "alice@example.org", target, "--format", format);
            Assert.True(export.ExitCode == 0, export.ToString());
            Assert.Equal(Count, await MuttAsync(server, Path.Combine(target, folder), "~A"));
            Assert.Equal(Count / 2, await MuttAsync(server, Path.Combine(target, folder), "~F"));
            Assert.Equal(Count - (Count / 3), await MuttAsync(server, Path.Combine(target, folder), "~U"));
        }
    }

    /// <summary>A mailbox with lines that must be quoted; every second message is flagged, every third is read.</summary>
    private static async Task WriteMboxAsync(string path)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"From a@example.org Mon Jan  1 10:00:00 2024\nStatus: {(i % 3 == 0 ? "RO" : "O")}\nX-Status: {(i % 2 == 0 ? "F" : "")}\n");
            text.Append(CultureInfo.InvariantCulture, $"Subject: number {i}\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\nbody of {i}\n\n>From the start\n\n");
        }

        await File.WriteAllTextAsync(path, text.ToString(), TestContext.Current.CancellationToken);
    }

    /// <summary>How many messages mutt finds by a pattern: it copies them, and they are counted.</summary>
    private static async Task<int> MuttAsync(ServerProcess server, string folder, string pattern)
    {
        var settings = server.File("muttrc");
        await File.WriteAllTextAsync(settings, "set confirmappend=no confirmcreate=no quit=yes mark_old=no wait_key=no mbox_type=mbox move=no read_inc=0 sort=mailbox-order\n");
        var copy = server.File("copied");
        File.Delete(copy);
        var keys = $"<refresh><tag-pattern>{pattern}<enter><refresh><tag-pattern>{pattern}<enter><tag-prefix><copy-message><kill-line>{copy}<enter><exit>";
        var result = await Tool.RunAsync("script", ["-qec", $"mutt -n -R -F '{settings}' -f '{folder}' -e 'push \"{keys}\"'", "/dev/null"], home: server.File(""));
        Assert.True(result.ExitCode == 0 && File.Exists(copy), result.ToString());
        return File.ReadLines(copy).Count(line => line.StartsWith("Subject: number ", StringComparison.Ordinal));
    }
}
