using System.Globalization;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>
/// Other programs change the Maildir while sessions use it. One command for an hour: <c>eng/coedit --minutes 60</c>.
/// </summary>
public sealed class CoEditingTests(ITestOutputHelper output)
{
    private static readonly int Large = Number("MAILSERVER_COEDIT_MESSAGES", 2_000);

    private const int Day = 24 * 60 * 60 * 1000;

    [InteropFact(Timeout = Day)]
    public Task No_message_flag_or_UID_is_lost_while_others_edit() =>
        RunAsync(Number("MAILSERVER_COEDIT_SECONDS", 60), kills: 0, Large, TestContext.Current.CancellationToken);

    [InteropFact(Timeout = Day)]
    public Task Nor_when_the_server_is_killed_meanwhile() =>
        RunAsync(0, Number("MAILSERVER_COEDIT_KILLS", 3), 2_000, TestContext.Current.CancellationToken, inMemory: true);

    [InteropFact(Timeout = Day)]
    public Task Nor_where_inotify_is_not_to_be_had() =>
        RunAsync(Math.Min(Number("MAILSERVER_COEDIT_SECONDS", 20), 300), kills: 0, 2_000, TestContext.Current.CancellationToken, watch: "poll");

    private async Task RunAsync(int seconds, int kills, int messages, CancellationToken token, bool inMemory = false, string? watch = null)
    {
        await using var server = await ServerProcess.StartAsync(inMemory: inMemory, watch: watch);
        await new CoEditRun(server, Number("MAILSERVER_SEED", Random.Shared.Next(1_000_000)), messages, output.WriteLine)
            .RunAsync(TimeSpan.FromSeconds(seconds), kills).WaitAsync(token);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
