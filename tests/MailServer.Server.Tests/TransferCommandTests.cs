using System.Text.Json;

namespace MailServer.Server.Tests;

/// <summary><c>mailserver store import</c> and <c>export</c>, as processes.</summary>
public sealed class TransferCommandTests : IAsyncLifetime
{
    private readonly ServerProcess _server = new();

    public ValueTask InitializeAsync()
    {
        _server.Configure();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("store import alice@example.org", 2)]
    [InlineData("store import nobody .", 2)]
    [InlineData("store import alice@example.org . --format zip", 2)]
    [InlineData("store import alice@example.org . --folder a//b", 2)]
    [InlineData("store import alice@example.org nowhere", 1)]
    [InlineData("store import carol@example.org .", 1)]
    [InlineData("store export alice@example.org out --format auto", 2)]
    [InlineData("store export alice@example.org out --since yesterday", 2)]
    [InlineData("store export alice@example.org out --link", 2)]
    [InlineData("store export alice@example.org out --folder nowhere", 1)]
    public async Task Wrong_use_is_told_from_what_cannot_be_done(string arguments, int code)
    {
        var result = await _server.CommandAsync(arguments.Replace(" out", " " + _server.File("out"), StringComparison.Ordinal).Split(' '));
        Assert.Equal(code, result.Code);
        Assert.NotEmpty(result.Error);
    }

    [Fact]
    public async Task Mail_goes_in_and_out_and_what_is_left_out_is_named()
    {
        await File.WriteAllTextAsync(_server.File("work"),
            "From a@example.org Mon Jan  1 10:00:00 2024\nSubject: 1\n\nbody\n\nFrom - Mon Jan  1 10:00:00 2024\nX-Mozilla-Status: 0009\nSubject: 2\n\n");
        var (code, output, error) = await _server.CommandAsync("store", "import", "alice@example.org", _server.File("work"));
        Assert.True(code == 0, error);
        Assert.EndsWith("1 message taken, 0 were there already, 1 left out\n", output, StringComparison.Ordinal);
        Assert.Contains("left out: work, octet 62: it was deleted in Thunderbird", error, StringComparison.Ordinal);

        (code, output, error) = await _server.CommandAsync("store", "export", "alice@example.org", _server.File("out"), "--json");
        Assert.True(code == 0, error);
        using var report = JsonDocument.Parse(output);
        Assert.Equal((true, 1), (report.RootElement.GetProperty("isWhole").GetBoolean(), report.RootElement.GetProperty("done").GetInt32()));
        Assert.Equal("From MAILER-DAEMON Mon Jan  1 10:00:00 2024\nStatus: O\nX-Mailserver-Export: whole\nSubject: 1\n\nbody\n\n",
            await File.ReadAllTextAsync(_server.File("out/work.mbox")));

        await File.WriteAllTextAsync(_server.File("out/work.mbox"), "changed");
        (code, _, error) = await _server.CommandAsync("store", "export", "alice@example.org", _server.File("out"));
        Assert.Equal(1, code);
        Assert.Contains("left out: work: there is a file of this name", error, StringComparison.Ordinal);
    }
}
