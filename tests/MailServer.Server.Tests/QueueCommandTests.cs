using System.Text.Json;
using MailServer.Pipeline;

namespace MailServer.Server.Tests;

/// <summary><c>mailserver queue</c>, with a server and without.</summary>
public sealed class QueueCommandTests : IAsyncLifetime
{
    private readonly ServerProcess _server = new();

    private QueueFolder Folder => new(_server.File("data/queue"));

    public ValueTask InitializeAsync()
    {
        _server.Configure("[plugins.relay]\nsmarthost = \"127.0.0.1:1\"\ntls = \"none\"");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Without_a_server_it_works_on_the_files()
    {
        Assert.Equal((0, "0 messages\n", ""), await _server.CommandAsync("queue", "list"));
        Put("aaaa1", "bob@elsewhere.example");
        Put("aaaa2", "carol@elsewhere.example", $"{new string('x', 70)}@elsewhere.example");

        var (code, output, error) = await _server.CommandAsync("queue", "list");
        Assert.Equal((0, ""), (code, error));
        Assert.All(output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
        Assert.Matches(@"^aaaa1  11-24 06:07  1\.5 KiB  tried 3x, due\n    <alice@example\.org> to <bob@elsewhere\.example>\n    4\.4\.1 mx\.elsewhere\.example: 450 4\.4\.1 not now\naaaa2 ", output);
        Assert.EndsWith("<carol@elsewhere.example> and 1 more\n    4.4.1 mx.elsewhere.example: 450 4.4.1 not now\n2 messages\n", output, StringComparison.Ordinal);

        using var list = JsonDocument.Parse((await _server.CommandAsync("queue", "list", "--json")).Output);
        Assert.Equal(["aaaa1", "aaaa2"], list.RootElement.EnumerateArray().Select(mail => mail.GetProperty("id").GetString()));
        (code, output, _) = await _server.CommandAsync("queue", "show", "aaaa1");
        Assert.Equal(0, code);
        Assert.Contains("  <bob@elsewhere.example> waits\n    2026-11-24 06:08:00 4.4.1 mx.elsewhere.example: 450 4.4.1 not now\n", output, StringComparison.Ordinal);

        Assert.Equal((0, "hold: 2 messages\n", ""), await _server.CommandAsync("queue", "hold", "--all"));
        Assert.True(Folder.Read("aaaa1")!.IsHeld);
        Assert.Equal((1, "retry: 0 messages\n", "aaaa1: not queued, or nothing to retry\n"), await _server.CommandAsync("queue", "retry", "aaaa1"));
        Assert.Equal((0, "release: 1 message\n", ""), await _server.CommandAsync("queue", "release", "aaaa1"));
        Assert.False(Folder.Read("aaaa1")!.IsHeld);
        Assert.Equal((0, "delete: 1 message\n", ""), await _server.CommandAsync("queue", "delete", "aaaa1"));
        Assert.Equal(["aaaa2"], Folder.List());
        Assert.False(File.Exists(Folder.MessageOf("aaaa1")));
    }

    [Fact]
    public async Task What_is_wrong_is_said()
    {
        Assert.Equal(1, (await _server.CommandAsync("queue", "show", "nosuch")).Code);
        Assert.Equal(1, (await _server.CommandAsync("queue", "show", "../../etc")).Code);
        Assert.Equal(2, (await _server.CommandAsync("queue", "delete")).Code);
        Assert.Equal(2, (await _server.CommandAsync("queue", "delete", "../../etc")).Code);
        Assert.Equal(2, (await _server.CommandAsync("queue", "delete", "--all", "aaaa1")).Code);
        Put("aaaa1", "bob@elsewhere.example");
        await File.WriteAllTextAsync(Folder.EnvelopeOf("aaaa1"), "{");
        var (code, output, error) = await _server.CommandAsync("queue", "list");
        Assert.Equal((1, "0 messages\n"), (code, output));
        Assert.Contains("aaaa1.envelope: line 1: not an envelope", error, StringComparison.Ordinal);
        Assert.Contains("not an envelope", (await _server.CommandAsync("queue", "show", "aaaa1")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_server_is_asked()
    {
        Put("aaaa1", "bob@elsewhere.example");
        Put("aaaa2", "carol@elsewhere.example");
        await _server.StartAsync();
        await _server.UntilLogAsync("2 messages are queued");
        // Nobody listens on port 1.
        await _server.UntilLogAsync("put off");
        Assert.Equal((0, "hold: 1 message\n", ""), await _server.CommandAsync("queue", "hold", "aaaa1"));
        var status = (await _server.CommandAsync("status")).Output;
        Assert.Contains("queue: 2 messages for other servers, 0 being sent, 1 held", status, StringComparison.Ordinal);
        Assert.Contains("  127.0.0.1: not reached, tried again in ", status, StringComparison.Ordinal);
        Assert.Equal((0, "delete: 2 messages\n", ""), await _server.CommandAsync("queue", "delete", "--all"));
        Assert.Empty(Folder.List());
        Assert.Equal((1, "delete: 0 messages\n", "aaaa1: not queued, or nothing to delete\n"), await _server.CommandAsync("queue", "delete", "aaaa1"));
    }

    private void Put(string id, params string[] recipients)
    {
        Directory.CreateDirectory(_server.File("data"));
        Folder.Prepare(id);
        File.WriteAllText(Folder.MessageOf(id), "Return-Path: <alice@example.org>\nSubject: x\n\nbody\n");
        var time = new DateTimeOffset(2026, 11, 24, 6, 7, 8, TimeSpan.Zero);
        Folder.Write(new()
        {
            Id = id,
            From = "alice@example.org",
            To = [.. recipients.Select(recipient => new QueuedRecipient
            {
                Address = recipient, Status = "4.4.1", Reason = "not now", Reply = "450 4.4.1 not now", Server = "mx.elsewhere.example", Tried = new(2026, 11, 24, 6, 8, 0, TimeSpan.Zero),
            })],
            Arrived = time,
            Expires = TimeProvider.System.GetUtcNow().AddDays(1),
            Next = time,
            Tries = 3,
            Size = 1536,
            Skip = 33,
        });
    }
}
