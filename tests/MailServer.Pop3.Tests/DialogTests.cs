using System.Globalization;
using MailServer.TestKit.Dialogs;

namespace MailServer.Pop3.Tests;

/// <summary>Sessions of real clients, and the order of things in one write.</summary>
public sealed class DialogTests
{
    private const string Project = "MailServer.Pop3.Tests";

    public static TheoryData<string> Names => [.. Dialog.Names(Project)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Goes_as_written(string name)
    {
        var dialog = Dialog.Read(Project, name);
        var pop = Begin(isTls: !dialog.Given.ContainsKey("cleartext"));
        _ = pop.Session.ContinueWith(_ => pop.Connection.CompleteOutput(), TaskScheduler.Default);
        await dialog.RunAsync(pop.Connection);
        await pop.EndsAsync();
        Assert.Equal(dialog.Then["messages"], pop.Store.Messages.Count.ToString(CultureInfo.InvariantCulture));
        Assert.False(pop.Store.IsLocked);
    }

    /// <summary>Each dialog's octets with some exchanged, left out or said twice: never an exception, never a maildrop that stays locked.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Goes_wrong_without_harm(string name)
    {
        var octets = Dialog.Read(Project, name).ClientOctets;
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 100; round++)
        {
            var pop = Begin(isTls: true);
            var changed = octets.ToList();
            for (var i = 1 + random.Next(4); i > 0; i--)
            {
                var at = random.Next(changed.Count);
                switch (random.Next(3))
                {
                    case 0:
                        changed[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        changed.RemoveRange(at, Math.Min(1 + random.Next(5), changed.Count - at - 1));
                        break;
                    default:
                        changed.InsertRange(at, changed.Skip(random.Next(changed.Count)).Take(20).ToArray());
                        break;
                }
            }

            await pop.Connection.SendAsync(changed.ToArray());
            pop.Connection.HangUp();
            Assert.True(await pop.Session.WaitAsync(TimeSpan.FromSeconds(30)) is SessionEnd.Closed, $"seed {seed}, round {round}");
            Assert.True(!pop.Store.IsLocked && pop.Store.OpenAccounts == 0, $"seed {seed}, round {round}");
        }
    }

    private static Pop3Fixture Begin(bool isTls)
    {
        var pop = new Pop3Fixture(isTls);
        pop.Store.Add("Subject: one\r\n\r\nfirst line\r\n.dot\r\nlast\r\n").Add("Subject: two\r\n\r\n");
        return pop.Start();
    }
}
