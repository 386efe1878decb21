using System.Text;
using MailServer.Wire.Sasl;
using MailServer.Wire.Smtp;

namespace MailServer.Wire.Tests.Smtp;

/// <summary>No input makes the readers throw, and what they read, written again, reads the same.</summary>
public sealed class SmtpFuzzTests
{
    private static readonly byte[][] Seeds =
    [
        .. new[]
        {
            "MAIL FROM:<a.b@example.org> SIZE=100 BODY=8BITMIME SMTPUTF8", "RCPT TO:<\"a \\\" b\"@[IPv6:2001:db8::1]>", "RCPT TO:<@a.example,@b.example:c@d.example>",
            "RCPT TO:<Postmaster>", "EHLO client.example", "AUTH PLAIN AHRpbQBwdw==", "MAIL FROM:<> AUTH=<>", "MAIL FROM: a@[192.0.2.1]", "RCPT TO:<müller@bücher.example>",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Fact]
    public void Nothing_throws_and_paths_survive_being_written()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var paths = 0;
        for (var round = 0; round < 200_000; round++)
        {
            var line = Mutate(random);
            var command = SmtpCommand.Read(line);
            if (MailCommand.TryRead(command.Argument, (SmtpExtensions)63, out var mail) == SmtpFault.None && !mail.ReversePath.IsNull)
                paths += CheckPath(mail.ReversePath, seed);
            if (RcptCommand.TryRead(command.Argument, SmtpExtensions.Dsn, out var rcpt) == SmtpFault.None && !rcpt.ForwardPath.IsPostmaster)
                paths += CheckPath(rcpt.ForwardPath, seed);
            PlainMessage.TryRead(line, out _);
            SaslText.TryDecodeInitial(line, new byte[line.Length], out _);
            SmtpDomain.Length(line);
            SmtpDomain.IsTooLong(line);
        }

        Assert.True(paths > 1000, $"seed {seed}: only {paths} paths were read");
    }

    private static int CheckPath(SmtpPath path, int seed)
    {
        var local = new byte[SmtpPath.MaxLocalPart];
        var length = path.WriteLocalPart(local);
        Assert.True(length > 0);
        // As RFC 5321 §4.1.2 lets everything be quoted.
        var written = new List<byte>("<\""u8.ToArray());
        foreach (var octet in local.AsSpan(0, length))
        {
            if (octet is (byte)'"' or (byte)'\\')
                written.Add((byte)'\\');
            written.Add(octet);
        }

        written.AddRange("\"@"u8);
        written.AddRange(path.Domain);
        written.Add((byte)'>');
        if (written.Count > SmtpPath.MaxPath || written.Count - 3 - path.Domain.Length > SmtpPath.MaxLocalPart)
            return 1;
        Assert.Equal(SmtpFault.None, SmtpPath.TryReadForwardPath(written.ToArray(), out var again, out var consumed));
        var second = new byte[SmtpPath.MaxLocalPart];
        Assert.Equal(written.Count, consumed);
        Assert.True(local.AsSpan(0, length).SequenceEqual(second.AsSpan(0, again.WriteLocalPart(second))), $"seed {seed}: {Encoding.UTF8.GetString(path.LocalPart)}");
        Assert.True(path.Domain.SequenceEqual(again.Domain));
        return 1;
    }

    private static byte[] Mutate(Random random)
    {
        var octets = new List<byte>(Seeds[random.Next(Seeds.Length)]);
        for (var times = random.Next(4); times > 0; times--)
        {
            var at = random.Next(octets.Count + 1);
            switch (random.Next(4))
            {
                case 0:
                    octets.Insert(at, "<>@\"\\[]:;., =-\0\x7f"u8[random.Next(15)]);
                    break;
                case 1 when at < octets.Count:
                    octets.RemoveAt(at);
                    break;
                case 2 when at < octets.Count:
                    octets[at] = (byte)random.Next(256);
                    break;
                case 3 when at < octets.Count:
                    octets.InsertRange(at, octets.GetRange(at, Math.Min(random.Next(1, 60), octets.Count - at)));
                    break;
            }
        }

        return [.. octets];
    }
}
