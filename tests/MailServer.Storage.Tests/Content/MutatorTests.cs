namespace MailServer.Storage.Tests;

/// <summary>Mails broken at random: the answer keeps its promises, and a search says yes or no.</summary>
public sealed class MutatorTests(ITestOutputHelper output)
{
    private static readonly string[] Spice =
    [
        "\n\n", "\r", "\0", "--b\n", "--b--\n", "\n--", "Content-Type: multipart/mixed; boundary=b\n", "Content-Type: message/rfc822\n", "Content-Type: multipart/mixed; boundary=\"\"\n",
        "Content-Transfer-Encoding: base64\n", "Content-Type: text/plain; charset=utf-16\n", "Content-Type:\n", "Content-Disposition: a; b*0*=x''%", "To: \"", "(", "<@", ";", ":", "=?UTF-8?B?", "=?iso-2022-jp?B?GyRC?=", "\xFF\xFE", "\xC3",
    ];

    [Fact]
    public void Nothing_a_message_holds_throws()
    {
        var seed = Environment.GetEnvironmentVariable("MAILSERVER_SEED") is { } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : Random.Shared.Next();
        output.WriteLine($"seed {seed} (MAILSERVER_SEED)");
        var random = new Random(seed);
        var seeds = Mails.Files("mime-mime4j", "mime-python", "mime-flanker").Select(Mails.Load).Where(mail => mail.Length < 20_000).ToList();
        seeds.Add(Mails.Bytes("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n--b--\n"));
        var program = SearchProgram.Compile(new SearchKey.Or(new SearchKey.Text("never there at all"), new SearchKey.Sent(DateComparison.Before, new DateOnly(1900, 1, 1))));
        for (var round = 0; round < 1500; round++)
        {
            var mail = Mutate(seeds[random.Next(seeds.Count)], random);
            try
            {
                var size = Mails.ToCrlf(mail).Length;
                var structure = StructureReader.Read(new MemoryStream(mail), size);
                Answers.Check(structure, size);
                Assert.True(Answers.Same(structure, StructureReader.Read(new DribbleStream(mail, round), size)), "another split of the input gives another answer");
                Assert.False(program.Matches(Subjects.Of(mail)));
            }
            catch (Exception wrong)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}: {wrong.Message}\n{Convert.ToHexString(mail.AsSpan(0, Math.Min(2000, mail.Length)))}", wrong);
            }
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var mail = seed.ToList();
        for (var change = random.Next(1, 8); change > 0; change--)
        {
            var at = random.Next(mail.Count + 1);
            switch (random.Next(5))
            {
                case 0:
                    mail.InsertRange(at, Mails.Bytes(Spice[random.Next(Spice.Length)]));
                    break;
                case 1:
                    mail.RemoveRange(at, Math.Min(random.Next(50), mail.Count - at));
                    break;
                case 2 when at < mail.Count:
                    mail[at] = (byte)random.Next(256);
                    break;
                case 3:
                    var from = random.Next(mail.Count + 1);
                    mail.InsertRange(at, mail.GetRange(from, Math.Min(random.Next(300), mail.Count - from)));
                    break;
                default:
                    mail.RemoveRange(at, random.Next(10) == 0 ? mail.Count - at : 0);
                    break;
            }
        }

        return [.. mail];
    }
}
