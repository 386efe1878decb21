namespace MailServer.Rules.Tests;

/// <summary>Users' own scripts, from the file to the decision of a locked-down process.</summary>
public sealed class UserRulesTests
{
    [Fact]
    public async Task A_users_script_decides_and_the_deciding_line_is_known()
    {
        await using var host = new UserHost();
        host.Write("alice", "10-shop.csx", """
            // What it asks goes over a pipe.
            if (Mail.From.IsIn("sender.example") && Mail.Subject.Has("HELLO") && Mail.Size == 1000 && Mail.Date.Year == 2026)
            {
                FileInto("Shop");
                AddFlag(Seen);
            }
            """);
        var facts = new Facts { Header = { ["Subject"] = ["hello"] } };
        var delivery = await host.DecideAsync("alice", facts);
        Assert.Equal("Shop", delivery.Folder?.Value);
        Assert.Equal([@"\Seen"], delivery.Flags);
        Assert.Equal(
            [("10-shop.csx", 4, "FileInto(\"Shop\")"), ("10-shop.csx", 5, "AddFlag(\"\\\\Seen\")")],
            delivery.Steps.Select(step => (step.Rule, step.Line, step.Action)));
        Assert.All(delivery.Steps, step => Assert.Equal(12, step.Version?.Length));
        Assert.Same(Delivery.Keep, await host.DecideAsync("alice"));
        Assert.Same(Delivery.Keep, await host.DecideAsync("bob"));
        var status = Assert.Single(host.Rules.Status().Accounts);
        Assert.Equal(("alice", 2, 0), (status.Account, status.Runs, status.Failures));
        Assert.Equal(1, host.Rules.Status().Workers);
    }
}
