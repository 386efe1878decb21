using System.IO.Pipelines;
using System.Text;
using MailServer.TestKit;

namespace MailServer.Smtp.Tests;

/// <summary>Generations change at any moment, and the client sees nothing of it.</summary>
public sealed class HandOverRaceTests
{
    [Fact]
    public async Task No_command_is_lost_or_run_twice()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (talk, expected, messages) = Script(random);
        var connection = new TestConnection();
        var host = Session.NewHost();
        var moves = 0;

        var server = Task.Run(async () =>
        {
            SessionState? state = null;
            while (true)
            {
                var handler = await Session.LoadAsync(host, "smtp");
                if (await handler.RunAsync(connection, state, CancellationToken.None) is not SessionEnd.HandOver moved)
                    break;
                Assert.True(handler.CanResume(moved.State));
                state = moved.State;
                connection.IsDraining = false;
                moves++;
            }

            connection.CompleteOutput();
        });
        for (var at = 0; at < talk.Length;)
        {
            var piece = Math.Min(random.Next(1, 200), talk.Length - at);
            await connection.SendAsync(talk.AsMemory(at, piece));
            at += piece;
            var before = moves;
            if (random.Next(2) == 0)
                connection.Drain();
            // Now and then the session is given the time to leave: unless a transaction is open, it does.
            for (var patience = random.Next(8) == 0 ? 20 : 0; patience > 0 && moves == before && !server.IsCompleted; patience--)
                await Task.Delay(1);
        }

        var said = new List<string>();
        while (await connection.ReadLineAsync() is { } line)
            said.Add(line);
        await server;
        Assert.Equal(expected, said);
        Assert.Equal(messages, ((FakeIngress)host.Ingress).Accepted.Select(mail => mail.Text));
        Assert.True(moves > 3, $"seed {seed}: only {moves} moves");
    }

    [Fact]
    public async Task A_pipelined_batch_is_answered_in_one_write()
    {
        var connection = new CountingConnection();
        var handler = await Session.LoadAsync(Session.NewHost(), "smtp");
        await connection.Inner.SendAsync("HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nNOOP\r\nRSET\r\n");
        connection.Inner.HangUp();
        await handler.RunAsync(connection, null, CancellationToken.None);
        // The greeting, and all six replies.
        Assert.Equal(2, connection.Flushes);
    }

    private static (byte[] Talk, List<string> Expected, List<string> Messages) Script(Random random)
    {
        var talk = new StringBuilder("HELO x\r\n");
        var (expected, messages) = (new List<string> { "220 mx.example.org ESMTP", "250 mx.example.org" }, new List<string>());
        for (var i = 0; i < 1000; i++)
        {
            switch (random.Next(4))
            {
                case 0:
                    talk.Append("NOOP\r\n");
                    expected.Add("250 2.0.0 NOOP done");
                    break;
                case 1:
                    talk.Append("VRFY x\r\n");
                    expected.Add("252 2.0.0 Cannot verify the user, but will take a message for delivery");
                    break;
                case 2:
                    talk.Append("RSET\r\n");
                    expected.Add("250 2.0.0 Ok");
                    break;
                default:
                    talk.Append($"MAIL FROM:<a@b>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n{i}\r\n.\r\n");
                    expected.AddRange(["250 2.1.0 Ok", "250 2.1.5 Ok", "354 End data with <CR><LF>.<CR><LF>", "250 2.0.0 Ok: m1"]);
                    messages.Add($"{i}\r\n");
                    break;
            }
        }

        talk.Append("QUIT\r\n");
        expected.Add("221 2.0.0 Bye");
        return (Encoding.ASCII.GetBytes(talk.ToString()), expected, messages);
    }

    private sealed class CountingConnection : IMailConnection, IDuplexPipe
    {
        private readonly CountingWriter _output;

        public CountingConnection() => _output = new(Inner.Transport.Output);

        public TestConnection Inner { get; } = new();

        public int Flushes => _output.Flushes;

        public ConnectionInfo Info => Inner.Info;

        public IDuplexPipe Transport => this;

        public PipeReader Input => Inner.Transport.Input;

        public PipeWriter Output => _output;

        public bool IsDraining => false;

        public bool IsClosing => false;

        public ValueTask<TlsInfo> StartTlsAsync(CancellationToken cancellationToken) => Inner.StartTlsAsync(cancellationToken);

        public void Wake() => Inner.Wake();

        public void Abort() => Inner.Abort();
    }

    private sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        public int Flushes { get; private set; }

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushes++;
            return inner.FlushAsync(cancellationToken);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
