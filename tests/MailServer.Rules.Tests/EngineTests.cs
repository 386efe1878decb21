namespace MailServer.Rules.Tests;

/// <summary>Scripts from the file to the decision.</summary>
public sealed class EngineTests
{
    [Fact]
    public async Task A_script_decides_and_the_deciding_line_is_known()
    {
        await using var host = new Host();
        host.Write("10-hello.csx", """
            // Says hello.
            if (Mail.Subject.Has("HELLO"))
            {
                FileInto("Greetings");
                AddFlag(Seen);
            }
            """);
        var engine = await host.StartAsync();
        Assert.Null(engine.Status().CompilerProblem);
        Assert.Equal(RuleState.Live, Assert.Single(engine.Status().Rules).State);

        var delivery = engine.Decide(Facts.Mail("hello"), To.Anybody, Delivery.Keep);
        Assert.Equal("Greetings", delivery.Folder?.Value);
        Assert.Equal([@"\Seen"], delivery.Flags);
        Assert.Equal(
            [("10-hello.csx", 4, "FileInto(\"Greetings\")"), ("10-hello.csx", 5, "AddFlag(\"\\\\Seen\")")],
            delivery.Steps.Select(step => (step.Rule, step.Line, step.Action)));

        // As sha256sum shows it, so that anybody can tell which text decided.
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(System.IO.Path.Combine(host.Scripts, "10-hello.csx"))));
        Assert.All(delivery.Steps, step => Assert.Equal(digest[..12], step.Version));
        Assert.Same(Delivery.Keep, engine.Decide(Facts.Mail("other"), To.Anybody, Delivery.Keep));
    }
}
