using System.Globalization;
using MailServer.TestKit;
using MailServer.TestKit.Dialogs;

namespace MailServer.Smtp.Tests;

/// <summary>Plays every conversation in Dialogs.</summary>
public sealed class DialogTests
{
    private const string Project = "MailServer.Smtp.Tests";

    public static TheoryData<string> Names => [.. Dialog.Names(Project)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_dialog_goes_as_it_is_written(string name)
    {
        var dialog = Dialog.Read(Project, name);
        var (host, connection, protocol) = SetUp(dialog);
        var session = await Session.StartAsync(protocol, host, connection);
        await dialog.RunAsync(connection);
        connection.HangUp();
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));

        var ingress = session.Ingress;
        Assert.Equal(0, ingress.Open);
        Assert.DoesNotContain(session.Log.Lines, line => line.Id == 106 && !dialog.Given.ContainsKey("bug"));
        if (dialog.Then.TryGetValue("accepted", out var accepted))
            Assert.Equal(int.Parse(accepted, CultureInfo.InvariantCulture), ingress.Accepted.Count);
        if (dialog.Then.TryGetValue("recipients", out var recipients))
            Assert.Equal(int.Parse(recipients, CultureInfo.InvariantCulture), ingress.Accepted[^1].Recipients.Count);
        if (dialog.Then.TryGetValue("octets", out var octets))
            Assert.Equal(int.Parse(octets, CultureInfo.InvariantCulture), ingress.Accepted[^1].Text.Length);
        if (dialog.Then.TryGetValue("terms", out var terms))
            Assert.Equal(terms, ingress.Accepted[^1].TermsText);
    }

    internal static (TestPluginHost Host, TestConnection Connection, string Protocol) SetUp(Dialog dialog)
    {
        var config = new List<(string Key, object Value)>();
        var host = Session.NewHost();
        var ingress = (FakeIngress)host.Ingress;
        var connection = new TestConnection();
        var protocol = "smtp";
        foreach (var (key, value) in dialog.Given)
        {
            switch (key)
            {
                case "submission":
                case "lmtp":
                    protocol = key;
                    break;
                case "sends_mail":
                    ingress.SendsMail = true;
                    break;
                case "tls":
                    connection.Info = connection.Info with { Tls = new() { Protocol = "TLS1.3", CipherSuite = "x" }, CanStartTls = false, AllowsPlaintextAuth = true };
                    break;
                case "no_certificate":
                    connection.Info = connection.Info with { CanStartTls = false };
                    break;
                case "plaintext_auth":
                    connection.Info = connection.Info with { AllowsPlaintextAuth = true };
                    break;
                case "refused_connection":
                    ingress.ConnectProblem = new(new(5, 7, 1), "Go away");
                    break;
                case "deferred_connection":
                    ingress.ConnectProblem = new(new(4, 7, 0), "Not now");
                    break;
                case "refused_sender":
                    ingress.SenderProblem = new(new(5, 1, 8), "No such domain");
                    break;
                case "disk_full":
                    ingress.CommitProblem = Problem.StorageFull;
                    break;
                case "junk":
                    ingress.CommitProblem = new(new(5, 7, 1), "Looks like junk\r\n250 2.0.0 Ok");
                    break;
                case "bug":
                    ingress.Bug = new InvalidOperationException("/secret/path");
                    break;
                case "authenticator_down":
                    ((FakeAccounts)host.Authenticator).Answer = AuthOutcome.Unavailable;
                    break;
                default:
                    config.Add((key, long.Parse(value, CultureInfo.InvariantCulture)));
                    break;
            }
        }

        host.Config = new TestConfig([.. config]);
        return (host, connection, protocol);
    }
}
