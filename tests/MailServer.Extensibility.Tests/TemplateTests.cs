using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

public sealed class TemplateTests
{
    [Fact]
    public async Task A_session_of_the_template_counts_on_over_a_change_of_its_code()
    {
        await using var workshop = new Workshop();
        workshop.Config["template"] = new TestConfig(("greeting", "good morning"));
        workshop.Deploy("Template");
        Assert.Empty(await workshop.StartAsync());
        var client = workshop.Connect("template");
        Assert.Equal("mx.example.org good morning", await client.ReadLineAsync());
        Assert.Equal("NOOP done", await client.AskAsync("noop"));

        workshop.DeployChanged("Template", 1);
        await workshop.UntilGenerationAsync("template", 2);
        await workshop.UntilCollectedAsync("template");

        Assert.Equal(RealPlugins.NoopTextOf(1), await client.AskAsync("NOOP"));
        Assert.Equal("3 commands so far", await client.AskAsync("COUNT"));
        Assert.Equal("I know NOOP, COUNT and QUIT", await client.AskAsync("HELP"));
        Assert.Equal("bye", await client.AskAsync("QUIT"));
        await client.Session;
    }

    [Theory]
    [InlineData("x", "line too long, bye", 1)]
    [InlineData("x", "line too long, bye", 40)]
    public async Task A_line_without_end_is_not_kept(string text, string reply, int times)
    {
        await using var workshop = new Workshop();
        workshop.Deploy("Template");
        Assert.Empty(await workshop.StartAsync());
        var client = await workshop.ConnectAsync("template");
        for (var i = 0; i < times; i++)
            await client.Connection.SendAsync(string.Concat(Enumerable.Repeat(text, 1100 / times)));
        Assert.Equal(reply, await client.ReadLineAsync());
        await client.Session;
    }

    [Fact]
    public async Task The_templates_filter_and_rule_are_there_when_they_are_configured()
    {
        await using var workshop = new Workshop();
        workshop.Deploy("Template");
        Assert.Empty(await workshop.StartAsync());
        Assert.Equal((0, 0), await AskAsync(workshop));

        workshop.Config["template"] = new TestConfig(("junk_words", new[] { "winner", "prize" }), ("junk_weight", 3L), ("file_by_detail", true));
        Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
        Assert.Equal((6, 1), await AskAsync(workshop));
        await workshop.UntilCollectedAsync("template");
    }

    [Theory]
    [InlineData("greeting", "two\nlines", "test.toml(1): greeting: must be one line of at most 200 characters")]
    [InlineData("gretting", "hello", "test.toml(1): gretting: unknown key")]
    public async Task The_template_refuses_what_makes_no_sense(string key, string value, string reason)
    {
        await using var workshop = new Workshop();
        workshop.Config["template"] = new TestConfig((key, value));
        workshop.Deploy("Template");
        Assert.Equal(reason, Assert.Single(await workshop.StartAsync()).Reason);
    }

    [Fact]
    public async Task A_copy_of_the_template_is_built_outside_the_solution_and_runs()
    {
        using var outside = new TempDirectory();
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "plugins", "Template")))
            File.Copy(file, outside.File(Path.GetFileName(file)));
        await BuildAsync(outside.Path, "-p:MailServerDirectory=" + AppContext.BaseDirectory.TrimEnd('/'), "-o", outside.File("out"));

        await using var workshop = new Workshop();
        Assert.Empty(await workshop.StartAsync());
        Directory.Move(outside.File("out"), workshop.Folder("Greeter"));
        await workshop.UntilGenerationAsync("template", 1);
        await using var client = await workshop.ConnectAsync("template");
        Assert.Equal("NOOP done", await client.AskAsync("NOOP"));
        Assert.DoesNotContain(Directory.GetFiles(workshop.Folder("Greeter"), "*.dll"), file => Path.GetFileName(file) != "MailServer.Plugins.Template.dll");
    }

    /// <summary>What the filter adds for a bad subject, and how many steps the rule takes.</summary>
    private static async Task<(double Score, int Steps)> AskAsync(Workshop workshop)
    {
        var message = new Message("You are a WINNER of a prize");
        var alice = new EmailAddress("alice", "example.org");
        var recipient = new Recipient { Address = alice, Account = new() { Name = "alice", Address = alice }, Detail = "lists/dotnet" };
        var envelope = new Envelope { Connection = new PipeConnection().Info, Helo = "client", With = "ESMTP" };
        using var filters = workshop.Manager.Lease<IMessageFilter>();
        using var rules = workshop.Manager.Lease<IDeliveryRule>();
        var (verdict, delivery) = (Verdict.Continue, Delivery.Keep);
        foreach (var (_, filter) in filters.Items)
            verdict = verdict.With(await filter.OnMessageAsync(envelope, message, CancellationToken.None));
        foreach (var (_, rule) in rules.Items)
            delivery = await rule.DecideAsync(message, recipient, delivery, CancellationToken.None);
        Assert.Equal(delivery.Steps.Count > 0 ? "lists/dotnet" : "INBOX", delivery.Folder?.Value);
        return (verdict.Score, delivery.Steps.Count);
    }

    [SuppressMessage("ApiDesign", "RS0030", Justification = "the steps of docs/plugins.md, as a person types them")]
    private static async Task BuildAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["build", "-c", "Release", "-v", "q", "-nologo", "-maxcpucount:1", "--disable-build-servers", .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        using var build = Process.Start(start)!;
        var output = await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        Assert.True(build.ExitCode == 0, output);
    }

    private sealed record Message(string Subject) : IMessage
    {
        public string Id => "m1";

        public long Size => 100;

        public double JunkScore => 0;

        public string? Header(string name) => name == "Subject" ? Subject : null;

        public IReadOnlyList<string> Headers(string name) => Header(name) is { } value ? [value] : [];

        public Stream OpenRead() => Stream.Null;

        public void Prepend(string name, string value) { }
    }
}
