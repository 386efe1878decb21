using System.Runtime.InteropServices;
using System.Threading.Channels;
using MailServer.Posix;
using MailServer.Server.Configuration;
using MailServer.Server.Hosting;
using MailServer.Server.Listening;
using MailServer.Server.Logging;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver serve</c>: runs until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(string file)
    {
        // Before anything else: a signal that comes in the first moments is not lost.
        using var signals = new Signals();
        NativeHeap.ReturnLargeBlocks();
        var logging = new LogWriter(Console.OpenStandardError(), TimeProvider.System);
        try
        {
            var config = ConfigReader.Read(file);
            var given = GivenSockets.FromEnvironment();
            var host = await MailHost.StartAsync(config, given, null, logging, TimeProvider.System, signals.Stopped).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                await Console.Out.WriteLineAsync(host.ReadyLine).ConfigureAwait(false);
                await Console.Out.FlushAsync().ConfigureAwait(false);
                Systemd.Ready(host.ReadyLine);
                while (await signals.NextAsync().ConfigureAwait(false) == Signal.Reload)
                    await ReloadAsync(host, signals.Stopped).ConfigureAwait(false);

                Systemd.Stopping();
                await host.StopAsync(signals.Hurry).ConfigureAwait(false);
            }

            return ExitCode.Done;
        }
        catch (BrokenConfigException e)
        {
            return await ExitCode.FailAsync(ExitCode.Wrong, e.Message).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            return await ExitCode.FailAsync(ExitCode.No, e.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop while it started.
            return ExitCode.Done;
        }
    }

    private static async Task ReloadAsync(MailHost host, CancellationToken stopped)
    {
        if (stopped.IsCancellationRequested)
            return;
        Systemd.Reloading();
        try
        {
            await host.ReloadAsync(stopped).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // the wish to stop comes next
        }

        Systemd.Ready(host.ReadyLine);
    }
}

/// <summary>What the process was asked to do.</summary>
internal enum Signal
{
    Reload,
    Stop,
}

/// <summary>The process's signals, in order. The second wish to stop is a wish to hurry.</summary>
internal sealed class Signals : IDisposable
{
    private readonly Channel<Signal> _channel = Channel.CreateUnbounded<Signal>();
    private readonly CancellationTokenSource _stopped = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _stops;

    public Signals()
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _channel.Writer.TryWrite(Signal.Reload);
        }));
    }

    /// <summary>Fires at the first wish to stop.</summary>
    public CancellationToken Stopped => _stopped.Token;

    /// <summary>Fires at the second wish to stop.</summary>
    public CancellationToken Hurry => _hurry.Token;

    public ValueTask<Signal> NextAsync() => _channel.Reader.ReadAsync();

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stopped.Dispose();
        _hurry.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stopped.Cancel();
        if (Interlocked.Increment(ref _stops) > 1)
            _hurry.Cancel();
        _channel.Writer.TryWrite(Signal.Stop);
    }
}
