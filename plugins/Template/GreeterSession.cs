using System.Buffers;
using System.Text;

namespace MailServer.Plugins.Template;

/// <summary>One session on one generation.</summary>
internal sealed class GreeterSession(Settings settings, IMailConnection connection, TimeProvider time)
{
    // A line is held in memory until it is whole, so a stranger's line must end somewhere.
    private const int LongestLine = 1000;

    /// <summary>What goes on when a new generation takes over.</summary>
    public SessionRecord Record { get; set; } = new();

    /// <summary>
    /// The pattern of a live hand-over: one pending read, which the server wakes; every complete line is dealt with even when the read was
    /// woken; then the bytes are given back, the replies flushed, and only then is asked whether to stop.
    /// </summary>
    public async ValueTask<SessionEnd> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var input = connection.Transport.Input;
            System.IO.Pipelines.ReadResult read;
            // A time limit is a source made anew for each wait: a timer that outlives its segment would keep this code in memory.
            using (var idle = new CancellationTokenSource(settings.IdleTime, time))
            using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token))
            {
                try
                {
                    read = await input.ReadAsync(stop.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    return await CloseAsync("you have gone quiet, bye", cancellationToken).ConfigureAwait(false);
                }
            }

            var rest = read.Buffer;
            while (TryReadLine(ref rest, out var line))
                if (!await AnswerAsync(line, cancellationToken).ConfigureAwait(false))
                    return SessionEnd.Closed.Instance;

            var isTooLong = rest.Length > LongestLine;
            input.AdvanceTo(rest.Start, rest.End);
            if (isTooLong)
                return await CloseAsync("line too long, bye", cancellationToken).ConfigureAwait(false);
            if (read.IsCompleted)
                return SessionEnd.Closed.Instance;

            // A command boundary: hand over, or say goodbye when the server stops.
            if (connection.IsClosing)
                return await CloseAsync("the server stops, bye", cancellationToken).ConfigureAwait(false);
            if (connection.IsDraining)
                return new SessionEnd.HandOver(Record.Write());
        }
    }

    /// <summary>Writes a line and flushes it.</summary>
    public async ValueTask ReplyAsync(string text, CancellationToken cancellationToken)
    {
        var output = connection.Transport.Output;
        Encoding.UTF8.GetBytes(text, output);
        output.Write("\r\n"u8);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Answers a command. False when it was the last.</summary>
    private async ValueTask<bool> AnswerAsync(string line, CancellationToken cancellationToken)
    {
        Record = Record with { Commands = Record.Commands + 1 };
        switch (line.Trim().ToUpperInvariant())
        {
            case "NOOP":
                await ReplyAsync("NOOP done", cancellationToken).ConfigureAwait(false);
                return true;
            case "COUNT":
                await ReplyAsync($"{Record.Commands} commands so far", cancellationToken).ConfigureAwait(false);
                return true;
            case "QUIT":
                await ReplyAsync("bye", cancellationToken).ConfigureAwait(false);
                return false;
            default:
                await ReplyAsync("I know NOOP, COUNT and QUIT", cancellationToken).ConfigureAwait(false);
                return true;
        }
    }

    private async ValueTask<SessionEnd> CloseAsync(string goodbye, CancellationToken cancellationToken)
    {
        await ReplyAsync(goodbye, cancellationToken).ConfigureAwait(false);
        return SessionEnd.Closed.Instance;
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> rest, out string line)
    {
        line = "";
        if (rest.PositionOf((byte)'\n') is not { } end || rest.Slice(0, end).Length > LongestLine)
            return false;
        line = Encoding.UTF8.GetString(rest.Slice(0, end));
        rest = rest.Slice(rest.GetPosition(1, end));
        return true;
    }
}
