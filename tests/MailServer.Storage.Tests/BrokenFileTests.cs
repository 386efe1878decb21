using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Storage.Tests;

/// <summary>Plain files that something has broken: what can be read is, the file is kept beside, and no UID is given twice.</summary>
public sealed class BrokenFileTests
{
    private const string Message = "Subject: x\n\nbody\n";

    /// <summary>Lists of a folder with the messages a, b and c, which had UIDs 3, 5 and 9 under UIDVALIDITY 99, and what is left of them.</summary>
    public static TheoryData<string, string, string> Lists => new()
    {
        { "whole", "3 V99 N12 Gabc\n3 :a\n5 :b\n9 :c\n", "99: a3 b5 c9 next 12" },
        { "a line is rubbish", "3 V99 N12 Gabc\n3 :a\n\0\0\u0007rubbish\n9 :c\n", "99: a3 c9 b12 next 13" },
        { "the last line is cut off", "3 V99 N4 Gabc\n3 :a\n5 :b\n9 :", "99: a3 b5 c10 next 11" },
        { "a number without a name", "3 V99 N4 Gabc\n3 :a\n5 :b\n40 \n", "99: a3 b5 c41 next 42" },
        { "lines are not in order", "3 V99 N12 Gabc\n9 :c\n3 :a\n5 :b\n", "99: a3 b5 c9 next 12" },
        { "one UID twice", "3 V99 N12 Gabc\n3 :a\n3 :b\n9 :c\n", "99: a3 c9 b12 next 13" },
        { "one name twice", "3 V99 N12 Gabc\n3 :a\n5 :b\n9 :c\n11 :a\n", "99: a3 b5 c9 next 12" },
        { "UIDNEXT is too low", "3 V99 N2 Gabc\n3 :a\n5 :b\n9 :c\n", "99: a3 b5 c9 next 10" },
        { "a number that no server gives", "3 V99 N12 Gabc\n3 :a\n5 :b\n4294967295 :c\n", "99: a3 b5 c12 next 13" },
        { "the header is rubbish", "rubbish\n3 :a\n5 :b\n9 :c\n", "new: a3 b5 c9 next 10" },
        { "the header is gone", "3 :a\n5 :b\n9 :c\n", "new: a3 b5 c9 next 10" },
        { "no UIDVALIDITY", "3 N12 Gabc\n3 :a\n5 :b\n9 :c\n", "new: a3 b5 c9 next 12" },
        { "numbers run out", "3 V99 N4294967295 Gabc\n3 :a\n5 :b\n9 :c\n", "new: a1 b2 c3 next 4" },
        { "UIDVALIDITY runs out", "3 V4294967295 N12 Gabc\n3 :a\n5 :b\n9 :c\n", "new: a3 b5 c9 next 12" },
        { "nothing", "", "new: a1 b2 c3 next 4" },
        { "zeros, as a power cut leaves them", "\0\0\0\0\0\0\0\0\0\0\0\0", "new: a1 b2 c3 next 4" },
        { "another version", "4 V99 N12 Gabc\n3 :a\n5 :b\n9 :c\n", "new: a3 b5 c9 next 10" },
        { "Dovecot's first version", "1 99 12\n3 a:2,S\n5 b\n9 c:2,\n", "99: a3 b5 c9 next 12" },
        { "ends of lines as Windows has them", "3 V99 N12 Gabc\r\n3 :a\r\n5 :b\r\n9 :c\r\n", "99: a3 b5 c9 next 12" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_uid_list_is_read_as_far_as_it_makes_sense(string what, string list, string expected)
    {
        Assert.NotEmpty(what);
        await using var test = new TestStore();
        await test.AccountAsync();
        foreach (var name in (string[])["a", "b", "c"])
            await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", name + ":2,"), Message, TestStore.Token);
        var path = Path.Combine(test.Maildir, UidList.FileName);
        await File.WriteAllTextAsync(path, list, TestStore.Token);
        Assert.Equal(expected, await DescribeAsync(test));
        var isWhole = what is "whole" or "Dovecot's first version" or "UIDNEXT is too low";
        Assert.Equal(isWhole ? null : list, File.Exists(path + ".broken") ? await File.ReadAllTextAsync(path + ".broken", TestStore.Token) : null);

        // What was mended is whole, and is not kept again.
        var mended = await File.ReadAllTextAsync(path, TestStore.Token);
        await test.RestartAsync();
        Assert.Equal(expected, await DescribeAsync(test));
        Assert.Equal(mended, await File.ReadAllTextAsync(path, TestStore.Token));
        Assert.False(File.Exists(path + ".broken.1"));
    }

    [Fact]
    public void Whatever_a_list_holds_its_uids_are_unique_and_the_next_is_above_them()
    {
        var seed = Environment.GetEnvironmentVariable("MAILSERVER_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} (MAILSERVER_SEED)");
        var random = new Random(seed);
        string[] pieces = ["3 V99 N12 Gabc\n", "1 99 12\n", "3 :a\n", "5 S1 W2 :b:2,S\n", "9 Pxy :c d\n", "\n", "\r\n", " :", "4294967295 :x\n", "4293918720 :y\n", "0 :z\n", "\0", "\u00e4\ud83d", "N", "V0", "7 e\n", "12"];
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)])));
            for (var change = random.Next(3); change > 0 && bytes.Length > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var list = UidList.Salvage(bytes);
            var uids = list.Records.Values.Select(record => record.Uid).ToList();
            Assert.Equal(uids.Count, uids.Distinct().Count());
            Assert.All(uids, uid => Assert.InRange(uid, 1u, list.UidNext - 1));
            if (!list.HasUidValidity || list.IsExhausted)
            {
                list.Renew(77);
                Assert.False(list.IsExhausted);
            }

            // Written anew it is whole, and the same.
            var again = UidList.Salvage(list.Format(list.Records.Values));
            Assert.Null(again.Damage);
            Assert.Equal((list.UidValidity, list.UidNext), (again.UidValidity, again.UidNext));
            Assert.Equal(list.Records.Values.OrderBy(record => record.Uid), again.Records.Values.OrderBy(record => record.Uid));
        }
    }

    [Fact]
    public async Task A_list_that_breaks_under_a_running_server_keeps_its_uidvalidity_and_uids()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 3; i++)
            await test.DeliverAsync();
        uint validity;
        await using (var view = await test.ViewAsync())
            (validity, _) = (view.UidValidity, view.Count);
        var path = Path.Combine(test.Maildir, UidList.FileName);
        foreach (var broken in (string[])["", "rubbish\n", $"3 V{validity} N1 Gabc\n1 :x\n"])
        {
            await File.WriteAllTextAsync(path, broken, TestStore.Token);
            await using (var view = await test.ViewAsync())
                Assert.Equal((validity, 3), (view.UidValidity, view.Count));
            await using var again = await test.ViewAsync();
            Assert.Equal([1, 2, 3], TestStore.Uids(again));
        }
    }

    [Fact]
    public async Task A_list_that_was_cut_at_a_line_gets_its_uids_back_from_the_index()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 5; i++)
            await test.DeliverAsync();
        uint validity;
        await using (var view = await test.ViewAsync())
        {
            validity = view.UidValidity;
            Assert.Equal([5u], (await view.ExpungeAsync([5], TestStore.Token)).Value.Uids);
        }

        await test.StopAndStartAsync();
        var path = Path.Combine(test.Maildir, UidList.FileName);
        var lines = await File.ReadAllLinesAsync(path, TestStore.Token);
        await File.WriteAllTextAsync(path, string.Join('\n', lines[..3]) + "\n", TestStore.Token);
        await test.DeliverAsync();
        await using var after = await test.ViewAsync();
        Assert.Equal(validity, after.UidValidity);
        Assert.Equal([1, 2, 3, 4], TestStore.Uids(after)[..4]);
    }

    [Fact]
    public async Task A_broken_file_is_kept_once_each_content_and_ten_at_most()
    {
        using var folder = new TestKit.TempDirectory();
        var path = folder.File("dovecot-uidlist");
        for (var i = 0; i < 12; i++)
        {
            File.Delete(path);
            await File.WriteAllTextAsync(path, $"content {i % 11}", TestStore.Token);
            BrokenFile.Keep(path, "why", NullLogger.Instance);
            BrokenFile.Keep(path, "why", NullLogger.Instance);
        }

        var kept = Directory.GetFiles(folder.Path, "*.broken*").Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["dovecot-uidlist.broken", .. Enumerable.Range(1, 9).Select(i => $"dovecot-uidlist.broken.{i}")], kept);
        Assert.All(kept, name => Assert.True(BrokenFile.IsKept(name!)));
        Assert.Equal("content 0", await File.ReadAllTextAsync(path + ".broken", TestStore.Token));
    }

    [Theory]
    [InlineData("0 $Label1\n1 foo bar\n1000 x\n3 (bad)\nrubbish\n", "a $Label1, b foo_bar, d _bad_")]
    [InlineData("0 one\n1 One\n", "a one, b One_b")]
    [InlineData("0 one\n0 two\n", "a two")]
    [InlineData("0 caf\u00e9\n", "a caf_")]
    [InlineData("0 one\r\n1 two\r\n", "a one, b two")]
    [InlineData("\0\0\0\0", "")]
    public async Task Keywords_are_read_as_far_as_they_make_sense(string text, string expected)
    {
        using var folder = new TestKit.TempDirectory();
        var path = folder.File(KeywordFile.FileName);
        await File.WriteAllTextAsync(path, text, TestStore.Token);
        var file = KeywordFile.Read(path, NullLogger.Instance);
        Assert.Equal(expected, string.Join(", ", file.Names.Select(name => $"{file.LetterOf(name)} {name}")));
        Assert.Equal(text.Contains('\r', StringComparison.Ordinal), !File.Exists(path + ".broken"));
    }

    [Fact]
    public async Task A_letter_whose_name_is_lost_is_not_given_to_another_keyword()
    {
        await using var test = new TestStore();
        await test.DeliverAsync(flags: new() { Keywords = ["first"] });
        await test.DeliverAsync();
        File.Delete(Path.Combine(test.Maildir, KeywordFile.FileName));
        await using var view = await test.ViewAsync();
        Assert.Equal([2], (await view.StoreAsync([2], FlagChange.Add, new() { Keywords = ["other"] }, TestStore.Token)).Value);
        Assert.Empty(view.InfoAt(1).Flags.Keywords);
        Assert.Equal(["other"], view.InfoAt(2).Flags.Keywords);
        Assert.Equal("1 other\n", await File.ReadAllTextAsync(Path.Combine(test.Maildir, KeywordFile.FileName), TestStore.Token));
    }

    [Theory]
    [InlineData("subscriptions")]
    [InlineData("dovecot-uidlist")]
    [InlineData("dovecot-keywords")]
    [InlineData("mailserver-keywords")]
    [InlineData("mailserver-special-use")]
    [InlineData("dovecot-uidvalidity")]
    [InlineData("courierimapuiddb")]
    public async Task A_directory_in_the_place_of_a_plain_file_blocks_nothing(string name)
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        Directory.CreateDirectory(Path.Combine(test.Maildir, name, "inner"));
        await test.DeliverAsync(flags: new() { Keywords = [.. Enumerable.Range(0, 30).Select(n => $"k{n}")] });
        var account = await test.AccountAsync();
        Assert.Null(await account.SetSubscribedAsync(new("INBOX"), true, TestStore.Token));
        Assert.Null(await account.CreateAsync(new("Sub"), "\\Sent", TestStore.Token));
        await using var view = await test.ViewAsync();
        Assert.Equal(30, view.InfoAt(1).Flags.Keywords.Count);
        Assert.True(Directory.Exists(Path.Combine(test.Maildir, name + (name.StartsWith("courier", StringComparison.Ordinal) ? "" : ".broken"), "inner")));
    }

    [Fact]
    public async Task Subscriptions_that_make_no_sense_are_kept_beside_when_the_file_is_written()
    {
        await using var test = new TestStore();
        var account = await test.AccountAsync();
        var path = Path.Combine(test.Maildir, SubscriptionFile.FileName);
        var text = "V\t2\n\nGood\n\u0001bad\nA\tB\n" + new string('x', 300) + "\n";
        await File.WriteAllTextAsync(path, text, TestStore.Token);
        Assert.Equal(["Good", "A/B"], (await account.ListSubscribedAsync(TestStore.Token)).Value.Select(name => name.Value));
        Assert.Null(await account.SetSubscribedAsync(new("New"), true, TestStore.Token));
        Assert.Equal("V\t2\n\nGood\nA\tB\nNew\n", await File.ReadAllTextAsync(path, TestStore.Token));
        Assert.Equal(text, await File.ReadAllTextAsync(path + ".broken", TestStore.Token));
    }

    private static async Task<string> DescribeAsync(TestStore test)
    {
        await using var view = await test.ViewAsync();
        var validity = view.UidValidity == 99 ? "99" : "new";
        Assert.True(view.UidValidity >= 99);
        var list = UidList.Parse(await File.ReadAllBytesAsync(Path.Combine(test.Maildir, UidList.FileName), TestStore.Token))!;
        var text = new StringBuilder(validity).Append(':');
        foreach (var uid in TestStore.Uids(view))
            text.Append(CultureInfo.InvariantCulture, $" {list.Records.Values.Single(record => record.Uid == uid).BaseName}{uid}");
        return text.Append(CultureInfo.InvariantCulture, $" next {view.UidNext}").ToString();
    }
}
