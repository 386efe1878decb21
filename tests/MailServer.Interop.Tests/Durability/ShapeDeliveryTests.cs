using System.Net.Sockets;
using System.Text;

namespace MailServer.Interop.Tests;

/// <summary>A message of any shape comes in by SMTP, and is stored below the trace fields octet for octet, in little memory; or it is refused for good, and nothing of it is kept.</summary>
public sealed class ShapeDeliveryTests
{
    /// <summary>What the server may grow by: well below the 100 MB of the largest message.</summary>
    private const long MaxGrowth = 96 * 1024 * 1024;

    /// <summary>RFC 5321 §2.3.8: CR and LF come only together. The one line of 100 MB is larger than a message may be.</summary>
    private static readonly string[] Refused = ["every line end", "one line of 100 MB"];

    [InteropFact]
    public async Task Messages_of_any_shape_are_stored_as_they_were_sent()
    {
        await using var server = await ServerProcess.StartAsync();
        Assert.StartsWith("250", await SendAsync(server, [.. "Subject: warm\n\nbody\n"u8]), StringComparison.Ordinal);
        var before = server.PeakMemory();
        HashSet<string> known = [.. server.Messages("alice")];
        foreach (var shape in Shape.All)
        {
            using var written = new MemoryStream();
            shape.Write(written);
            var octets = written.ToArray();
            var reply = await SendAsync(server, octets);
            if (Refused.Contains(shape.Name))
            {
                Assert.True(reply[0] == '5', $"{shape.Name}: {reply}");
                Assert.True(known.SetEquals(server.Messages("alice")), shape.Name);
                continue;
            }

            Assert.True(reply.StartsWith("250", StringComparison.Ordinal), $"{shape.Name}: {reply}");
            var path = Assert.Single(server.Messages("alice"), known.Add);
            byte[] expected = octets is [] or [.., (byte)'\n'] ? octets : [.. octets, (byte)'\n'];
            var stored = await File.ReadAllBytesAsync(path);
            Assert.True(stored.AsSpan().EndsWith(expected), shape.Name);
            var trace = Encoding.UTF8.GetString(stored.AsSpan(0, stored.Length - expected.Length));
            Assert.StartsWith("Return-Path: <a@sender.example>\nReceived: ", trace, StringComparison.Ordinal);
            Assert.EndsWith("+0000\n", trace, StringComparison.Ordinal);
        }

        Assert.InRange(server.PeakMemory() - before, long.MinValue, MaxGrowth);
    }

    /// <summary>Sends with CRLF line ends and stuffed dots (RFC 5321 §4.5.2); gives the reply to the final dot.</summary>
    private static async Task<string> SendAsync(ServerProcess server, byte[] octets)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port("mx"));
        await using var stream = new BufferedStream(client.GetStream(), 64 * 1024);
        using var replies = new StreamReader(client.GetStream(), Encoding.Latin1);
        await ReplyAsync(replies);
        foreach (var command in (string[])["EHLO client.example", "MAIL FROM:<a@sender.example> BODY=8BITMIME", "RCPT TO:<alice@example.org>", "DATA"])
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
            await stream.FlushAsync();
            Assert.Contains((await ReplyAsync(replies))[0], "23");
        }

        try
        {
            var last = (byte)'\n';
            foreach (var octet in octets)
            {
                if (octet == '\n' && last != '\r')
                    stream.WriteByte((byte)'\r');
                if (octet == '.' && last == '\n')
                    stream.WriteByte((byte)'.');
                stream.WriteByte(last = octet);
            }

            await stream.WriteAsync(last == '\n' ? ".\r\n"u8.ToArray() : "\r\n.\r\n"u8.ToArray());
            await stream.FlushAsync();
        }
        catch (IOException)
        {
            // Refused before its end.
        }

        return await ReplyAsync(replies);
    }

    private static async Task<string> ReplyAsync(StreamReader replies)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (await replies.ReadLineAsync(limit.Token) is { } line)
            if (line.Length < 4 || line[3] != '-')
                return line;
        throw new IOException("the server has closed the connection");
    }
}
