using System.Globalization;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>
/// Other programs change the Maildir while sessions use it. One command for an hour: <c>eng/coedit --minutes 60</c>.
/// </summary>
public sealed class CoEditingTests(ITestOutputHelper output)
{
    private static readonly int Large = Number("MAILSERVER_COEDIT_MESSAGES", 20_000);

    private const int Day = 24 * 60 * 60 * 1000;

    /// <summary>The short form; the command chooses the long one, without kills, and the one without inotify.</summary>
    [InteropFact(Timeout = Day)]
    public Task No_message_flag_or_UID_is_lost_while_others_edit_and_the_server_is_killed() =>
        RunAsync(Number("MAILSERVER_COEDIT_SECONDS", 60), Number("MAILSERVER_COEDIT_KILLS", 3), Large, Environment.GetEnvironmentVariable("MAILSERVER_WATCH"), TestContext.Current.CancellationToken);

    private async Task RunAsync(int seconds, int kills, int messages, string? watch, CancellationToken token)
    {
        await using var server = await ServerProcess.StartAsync(inMemory: true, watch: watch);
        await new CoEditRun(server, Number("MAILSERVER_SEED", Random.Shared.Next(1_000_000)), messages, output.WriteLine)
            .RunAsync(TimeSpan.FromSeconds(seconds), kills).WaitAsync(token);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
