using System.Text;
using MailServer.Wire.Pop3;

namespace MailServer.Wire.Tests.Pop3;

public sealed class Pop3CommandTests
{
    [Theory]
    [InlineData("STAT", Pop3Verb.Stat, "")]
    [InlineData("stat", Pop3Verb.Stat, "")]
    [InlineData("Stat  ", Pop3Verb.Stat, "")]
    [InlineData("LIST 1", Pop3Verb.List, "1")]
    [InlineData("LIST  1 ", Pop3Verb.List, "1")]
    [InlineData("USER alice@example.org", Pop3Verb.User, "alice@example.org")]
    [InlineData("PASS  two blanks ", Pop3Verb.Pass, " two blanks ")]
    [InlineData("PASS", Pop3Verb.Pass, "")]
    [InlineData("top 1 0", Pop3Verb.Top, "1 0")]
    [InlineData("AUTH PLAIN =", Pop3Verb.Auth, "PLAIN =")]
    [InlineData("STLS", Pop3Verb.Stls, "")]
    [InlineData("CAPA", Pop3Verb.Capa, "")]
    [InlineData("APOP mrose c4c9334bac560ecc979e58001b3e22fb", Pop3Verb.Unknown, "mrose c4c9334bac560ecc979e58001b3e22fb")]
    [InlineData("STAT\t", Pop3Verb.Unknown, "")]
    [InlineData(" STAT", Pop3Verb.Unknown, "STAT")]
    [InlineData("", Pop3Verb.Unknown, "")]
    [InlineData("GET / HTTP/1.1", Pop3Verb.Http, "/ HTTP/1.1")]
    [InlineData("POST / HTTP/1.1", Pop3Verb.Http, "/ HTTP/1.1")]
    public void Reads_verb_and_argument(string line, Pop3Verb verb, string argument)
    {
        var command = Pop3Command.Read(Encoding.Latin1.GetBytes(line));
        Assert.Equal(verb, command.Verb);
        Assert.Equal(argument, Encoding.Latin1.GetString(command.Argument));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("007", 7)]
    [InlineData("2147483648", int.MaxValue)]
    [InlineData("99999999999999999999999999", int.MaxValue)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("", null)]
    [InlineData("1 2", null)]
    [InlineData("1x", null)]
    [InlineData("0x1", null)]
    public void Reads_a_message_number(string argument, int? number)
    {
        var command = Pop3Command.Read(Encoding.Latin1.GetBytes("DELE " + argument));
        Assert.Equal(number is not null, command.TryReadMessage(out var message));
        if (number is not null)
            Assert.Equal(number, message);
    }

    [Theory]
    [InlineData("1 0", 1, 0)]
    [InlineData("12   34", 12, 34)]
    [InlineData("1 99999999999", 1, int.MaxValue)]
    [InlineData("1", null, 0)]
    [InlineData("1 ", null, 0)]
    [InlineData("0 1", null, 0)]
    [InlineData("1 -1", null, 0)]
    [InlineData("1 2 3", null, 0)]
    [InlineData("1x2", null, 0)]
    public void Reads_the_numbers_of_TOP(string argument, int? number, int count)
    {
        var command = Pop3Command.Read(Encoding.Latin1.GetBytes("TOP " + argument));
        Assert.Equal(number is not null, command.TryReadTop(out var message, out var lines));
        if (number is not null)
            Assert.Equal((number.Value, count), (message, lines));
    }

    [Theory]
    [InlineData("", "", "")]
    [InlineData("PLAIN", "PLAIN", "")]
    [InlineData("PLAIN =", "PLAIN", "=")]
    [InlineData("PLAIN  AGEAYg==", "PLAIN", "AGEAYg==")]
    public void Reads_AUTH(string argument, string mechanism, string initial)
    {
        Pop3Command.Read(Encoding.Latin1.GetBytes("AUTH " + argument)).ReadAuth(out var name, out var response);
        Assert.Equal((mechanism, initial), (Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(response)));
    }

    [Fact]
    public void Any_octets_are_read_without_failing()
    {
        const int Seed = 1939;
        var random = new Random(Seed);
        string[] verbs = ["TOP ", "LIST ", "AUTH ", "PASS ", "USER ", "RETR ", ""];
        for (var i = 0; i < 20_000; i++)
        {
            var tail = new byte[random.Next(40)];
            random.NextBytes(tail);
            if (i % 2 == 0)
                for (var at = 0; at < tail.Length; at++)
                    tail[at] = (byte)" 0123456789"[tail[at] % 11];
            var command = Pop3Command.Read([.. Encoding.Latin1.GetBytes(verbs[random.Next(verbs.Length)]), .. tail]);
            if (command.TryReadMessage(out var message))
                Assert.True(message > 0, $"seed {Seed}, round {i}");
            if (command.TryReadTop(out message, out var lines))
                Assert.True(message > 0 && lines >= 0, $"seed {Seed}, round {i}");
            command.ReadAuth(out _, out _);
        }
    }
}
