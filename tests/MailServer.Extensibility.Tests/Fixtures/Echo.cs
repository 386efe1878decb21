// A protocol of lines. NOOP tells the code's version and how many lines the session has seen; HOLD is a command that takes many lines.
using System.Buffers;
using System.Globalization;
using System.Text;
using MailServer;

[assembly: MailPlugin("echo", typeof(Fixtures.EchoPlugin))]

namespace Fixtures;

public sealed class EchoPlugin : IPlugin
{
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        host.Add(new EchoHandler(host.Config.GetString("greeting", "hello")));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class EchoHandler(string greeting) : IProtocolHandler
{
    private static readonly string Version = "VERSION-TEXT".TrimEnd();
    private const string Format = "echo/1";

    public string Protocol => "echo";

    public bool CanResume(SessionState state) => state.Format == Format;

    public async ValueTask<SessionEnd> RunAsync(IMailConnection connection, SessionState? resumed, CancellationToken cancellationToken)
    {
        var seen = resumed is null ? 0 : int.Parse(Encoding.ASCII.GetString(resumed.Data.Span), CultureInfo.InvariantCulture);
        var isHolding = false;
        var held = 0;
        if (resumed is null)
            await ReplyAsync(connection, greeting, cancellationToken);

        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (TryReadLine(ref rest, out var line))
            {
                seen++;
                if (isHolding)
                {
                    held++;
                    isHolding = line != ".";
                    if (!isHolding)
                        await ReplyAsync(connection, $"held {held} {Version}", cancellationToken);
                }
                else if (line == "HOLD")
                {
                    (isHolding, held) = (true, 0);
                }
                else if (line == "THROW")
                {
                    throw new InvalidOperationException("told to");
                }
                else if (line == "QUIT")
                {
                    await ReplyAsync(connection, "bye", cancellationToken);
                    return SessionEnd.Closed.Instance;
                }
                else
                {
                    await ReplyAsync(connection, $"{line} {Version} {seen}", cancellationToken);
                }
            }

            connection.Transport.Input.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
                return SessionEnd.Closed.Instance;
            if (!connection.IsDraining || isHolding)
                continue;
            if (!connection.IsClosing)
                return new SessionEnd.HandOver(new() { Format = Format, Data = Encoding.ASCII.GetBytes(seen.ToString(CultureInfo.InvariantCulture)) });
            await ReplyAsync(connection, "closing", cancellationToken);
            return SessionEnd.Closed.Instance;
        }
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> rest, out string line)
    {
        line = "";
        if (rest.PositionOf((byte)'\n') is not { } end)
            return false;
        line = Encoding.ASCII.GetString(rest.Slice(0, end)).TrimEnd('\r');
        rest = rest.Slice(rest.GetPosition(1, end));
        return true;
    }

    private static async ValueTask ReplyAsync(IMailConnection connection, string text, CancellationToken cancellationToken) =>
        await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"), cancellationToken);
}
