using System.Net.Sockets;
using MailServer.Accounts;
using MailServer.Server.Configuration;
using MailServer.Server.Demo;
using MailServer.Server.Hosting;
using MailServer.Server.Listening;
using MailServer.Server.Logging;
using Spectre.Console;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver demo</c>: the main job on loopback, without any set-up.</summary>
internal static class DemoCommand
{
    public static async Task<int> RunAsync(string? directory, int portBase, bool exit)
    {
        using var signals = new Signals();
        var isOurs = directory is null;
        directory ??= Directory.CreateTempSubdirectory("mailserver-demo-").FullName;
        try
        {
            return await RunAsync(directory, portBase, exit, signals).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            return await ExitCode.FailAsync(ExitCode.No, e.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.No;
        }
        finally
        {
            if (isOurs)
                Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<int> RunAsync(string directory, int portBase, bool exit, Signals signals)
    {
        var screen = Screen.Create();
        var time = TimeProvider.System;
        var setup = await DemoSetup.CreateAsync(directory, portBase, new PasswordHasher(), time, signals.Stopped).ConfigureAwait(false);
        var log = new FileStream(Path.Combine(setup.Directory, "demo.log"), FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        await using (log.ConfigureAwait(false))
        {
            var observer = new DemoObserver();
            var host = await StartAsync(setup, observer, new(log, time), signals.Stopped).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                screen.WriteLine($"mailserver {ServerVersion.Text}: all listeners are up on 127.0.0.1, everything is in {setup.Directory}");
                screen.WriteLine(setup.Rules is { } rules ? $"Sending mail by SMTP; the rules in {rules} sort it ..." : "Sending mail by SMTP; no rules were found, so all goes to INBOX ...");
                var lines = await new DemoRun(setup, observer).RunAsync(host, signals.Stopped).ConfigureAwait(false);
                DemoReport.Print(screen, lines);
                var isRight = lines.Count > 0 && lines.All(line => line.IsRight);
                screen.WriteLine(isRight ? "Read back by IMAP: every message is where the rules put it." : "Not every message is where the server says it is.");
                if (!exit)
                    await ServeAsync(screen, setup, host, signals).ConfigureAwait(false);
                await host.StopAsync(signals.Hurry).ConfigureAwait(false);
                return isRight ? ExitCode.Done : ExitCode.No;
            }
        }
    }

    private static async Task<MailHost> StartAsync(DemoSetup setup, DemoObserver observer, LogWriter logging, CancellationToken cancellationToken)
    {
        try
        {
            return await MailHost.StartAsync(ConfigReader.Read(setup.ConfigFile), GivenSockets.None, observer, logging, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (StartException e) when (e.InnerException is ListenException { InnerException: SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } } taken)
        {
            var next = setup.PortBase + 10_000 is var higher && higher < 60_000 ? higher : DemoSetup.DefaultPortBase;
            throw new StartException($"port {taken.Listener.Address.Port} ({taken.Listener.Name}) is taken by another program; try --port-base {next}");
        }
    }

    private static async ValueTask ServeAsync(IAnsiConsole screen, DemoSetup setup, MailHost host, Signals signals)
    {
        var user = DemoSetup.Users[0];
        screen.WriteLine();
        screen.WriteLine($"Accounts: {string.Join(" and ", DemoSetup.Users)}, password {setup.Password}");
        screen.WriteLine("The certificate is self-signed: clients ask once whether to trust it.");
        screen.WriteLine($"  read with mutt:  mutt -f imaps://{user.Replace("@", "%40", StringComparison.Ordinal)}@127.0.0.1:{setup.PortOf("imaps")}");
        screen.WriteLine($"  or the files:    mutt -f {setup.MaildirOf("alice")}");
        screen.WriteLine($"  send a mail:     swaks --server 127.0.0.1:{setup.PortOf("mx")} --from you@example.net --to {user}");
        screen.WriteLine($"  any client:      IMAP 127.0.0.1:{setup.PortOf("imap")} STARTTLS, SMTP 127.0.0.1:{setup.PortOf("submission")} STARTTLS");
        screen.WriteLine($"  look inside:     {Environment.ProcessPath ?? "mailserver"} status --config {setup.ConfigFile}");
        if (setup.Rules is { } rules)
            screen.WriteLine($"  change a rule:   edit one in {rules}; it is live when saved");
        screen.WriteLine();
        screen.WriteLine("Serving until Ctrl+C.");
        while (await signals.NextAsync().ConfigureAwait(false) == Signal.Reload)
            await host.ReloadAsync(signals.Hurry).ConfigureAwait(false);
    }
}
