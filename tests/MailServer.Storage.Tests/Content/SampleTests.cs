using System.Globalization;
using System.Text.RegularExpressions;
using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>maildir-sample is a Maildir++ as it should be, and each of its messages is read.</summary>
public sealed partial class SampleTests
{
    private static readonly string Sample = Path.Combine(Repository.Root, "maildir-sample");

    public static TheoryData<string> Users => ["alice", "bob"];

    [Theory]
    [MemberData(nameof(Users))]
    public void Every_message_has_a_structure_and_the_size_its_name_says(string user)
    {
        var count = 0;
        foreach (var file in Messages(user))
        {
            var stored = File.ReadAllBytes(file);
            var name = NameOf().Match(Path.GetFileName(file));
            Assert.True(name.Success, file);
            Assert.Equal(stored.Length, int.Parse(name.Groups["s"].ValueSpan, CultureInfo.InvariantCulture));
            using var handle = File.OpenHandle(file);
            Assert.Equal(CrlfCounter.Count(handle, CancellationToken.None), long.Parse(name.Groups["w"].ValueSpan, CultureInfo.InvariantCulture));
            Assert.Equal(string.Concat(name.Groups["flags"].Value.Order()), name.Groups["flags"].Value);
            Assert.DoesNotContain((byte)'\r', stored);
            var structure = Mails.Structure(stored);
            Answers.Check(structure, Mails.ToCrlf(stored).Length);
            count++;
        }

        Assert.InRange(count, user == "alice" ? 30 : 10, 100);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void Lists_of_UIDs_keywords_and_folders_agree_with_the_files(string user)
    {
        foreach (var folder in Folders(user))
        {
            Assert.All(new[] { "cur", "new", "tmp" }, part => Assert.True(Directory.Exists(Path.Combine(folder, part)), $"{folder} has no {part}"));
            Assert.Equal(folder != Path.Combine(Sample, user), File.Exists(Path.Combine(folder, "maildirfolder")));
            var lines = File.ReadAllLines(Path.Combine(folder, "dovecot-uidlist"));
            var head = HeadOf().Match(lines[0]);
            Assert.True(head.Success, lines[0]);
            var names = lines[1..].Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]).ToHashSet();
            var uids = lines[1..].Select(line => uint.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(uids.Distinct().Order(), uids);
            Assert.True(uids.All(uid => uid < uint.Parse(head.Groups["next"].ValueSpan, CultureInfo.InvariantCulture)));
            Assert.Equal(names.Order(), MessagesIn(folder).Select(file => Path.GetFileName(file).Split(":2,")[0]).Order());

            var keywords = File.Exists(Path.Combine(folder, "dovecot-keywords")) ? File.ReadAllLines(Path.Combine(folder, "dovecot-keywords")).Length : 0;
            foreach (var letter in MessagesIn(folder).SelectMany(file => NameOf().Match(Path.GetFileName(file)).Groups["flags"].Value).Where(char.IsAsciiLetterLower))
                Assert.InRange(letter - 'a', 0, keywords - 1);
        }

        foreach (var name in File.ReadAllLines(Path.Combine(Sample, user, "subscriptions"))[2..])
            Assert.True(Directory.Exists(Path.Combine(Sample, user, "." + name.Replace('\t', '.'))), name);
    }

    [Fact]
    public void The_mail_is_varied()
    {
        var all = Users.SelectMany(row => Messages(row.Data)).Select(file => ImapTree.Show(ImapTree.Parse(Mails.Structure(File.ReadAllBytes(file)).BodyStructure.Span)).ToUpperInvariant()).ToList();
        foreach (var wanted in new[]
        {
            "\"ALTERNATIVE\"", "\"RELATED\"", "\"DIGEST\"", "\"CALENDAR\"", "\"DELIVERY-STATUS\"", "\"DISPOSITION-NOTIFICATION\"", "\"MESSAGE\" \"RFC822\"", "\"PDF\"",
            "\"APPLICATION/PGP-SIGNATURE\"", "\"APPLICATION/PKCS7-SIGNATURE\"", "ISO-2022-JP", "KOI8-R", "EUC-KR", "GB18030", "WINDOWS-1256", "ISO-8859-7", "\"INLINE\"", "\"FLOWED\"",
        })
            Assert.Contains(all, structure => structure.Contains(wanted, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("köln", 2)]
    [InlineData("новосибирск", 2)]
    [InlineData("会議", 1)]
    [InlineData("kettle", 1)]
    [InlineData("nowhere at all", 0)]
    public void Searches_find_what_is_in_the_sample(string text, int atLeast)
    {
        var program = SearchProgram.Compile(new SearchKey.Text(text));
        var found = Messages("alice").Count(file => program.Matches(Subjects.Of(File.ReadAllBytes(file))));
        Assert.InRange(found, atLeast, atLeast == 0 ? 0 : 10);
    }

    [Fact]
    public void The_outbox_holds_a_dozen_messages_for_the_demo_users()
    {
        var files = Directory.GetFiles(Path.Combine(Sample, "outbox"), "*.eml");
        Assert.InRange(files.Length, 12, 50);
        Assert.All(files, file =>
        {
            var structure = Mails.Structure(File.ReadAllBytes(file));
            Assert.NotNull(Assert.IsType<List<object?>>(ImapTree.Parse(structure.Envelope.Span))[9]);
            Assert.Matches("(?m)^(To|Cc|X-Demo-To): .*@example\\.org", File.ReadAllText(file));
        });
    }

    private static IEnumerable<string> Folders(string user) =>
        Directory.GetDirectories(Path.Combine(Sample, user), ".*", new EnumerationOptions { AttributesToSkip = 0 }).Append(Path.Combine(Sample, user));

    private static IEnumerable<string> Messages(string user) => Folders(user).SelectMany(MessagesIn);

    private static IEnumerable<string> MessagesIn(string folder) => new[] { "cur", "new" }
        .SelectMany(part => Directory.GetFiles(Path.Combine(folder, part), "*", new EnumerationOptions { AttributesToSkip = 0 }))
        .Where(file => !Path.GetFileName(file).StartsWith('.'));

    [GeneratedRegex(@"^\d+\.M\d+P\d+\.mx\.example\.org,S=(?<s>\d+),W=(?<w>\d+)(:2,(?<flags>[A-Za-z]*))?$")]
    private static partial Regex NameOf();

    [GeneratedRegex(@"^3 V\d+ N(?<next>\d+) G[0-9a-f]{32}$")]
    private static partial Regex HeadOf();
}
