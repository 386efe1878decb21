using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>Structures that were read once come from a file beside the index; it is never believed against the message.</summary>
public sealed class StructureFileTests
{
    private const string Nested =
        "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + "Subject: inner\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n--c--\r\n--b--\r\n";

    [Fact]
    public async Task A_structure_is_the_same_from_the_message_and_from_the_file()
    {
        await using var test = new TestStore();
        string[] messages = ["", "Subject: x\r\n\r\nbody\r\n", Nested, "Content-Type: multipart/mixed; boundary=none\r\n\r\nno part\r\n", "\r\n\r\n"];
        foreach (var message in messages)
            await test.AppendAsync(message);
        var first = await DescribeAsync(test);
        await test.StopAndStartAsync();
        Assert.True(new FileInfo(PathOf(test)).Length > 500);
        HideFiles(test, messages.Length);
        Assert.Equal(first, await DescribeAsync(test));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("cut")]
    [InlineData("decayed")]
    [InlineData("another file")]
    [InlineData("index lost")]
    [InlineData("killed")]
    public async Task Whatever_becomes_of_the_file_the_answer_is_right(string how)
    {
        await using var test = new TestStore();
        for (var i = 0; i < 20; i++)
            await test.AppendAsync($"Subject: {i}\r\n\r\n{new string('x', i)}\r\n");
        var first = await DescribeAsync(test);
        if (how == "killed")
            await test.RestartAsync();
        else
            await test.StopAndStartAsync();
        var octets = await File.ReadAllBytesAsync(PathOf(test), TestStore.Token);
        switch (how)
        {
            case "missing":
                File.Delete(PathOf(test));
                break;
            case "cut":
                await File.WriteAllBytesAsync(PathOf(test), octets[..(octets.Length / 2)], TestStore.Token);
                break;
            case "decayed":
                for (var at = 40; at < octets.Length; at += 97)
                    octets[at] ^= 32;
                await File.WriteAllBytesAsync(PathOf(test), octets, TestStore.Token);
                break;
            case "another file":
                await File.WriteAllTextAsync(PathOf(test), new string('y', 5000), TestStore.Token);
                break;
            case "index lost":
                File.Delete(Path.Combine(test.Maildir, FolderIndex.FileName));
                break;
        }

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(first, await DescribeAsync(test));
            await test.StopAndStartAsync();
        }
    }

    [Fact]
    public async Task Header_fields_are_kept_with_the_structure_and_searches_read_no_message_for_them()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 40; i++)
            await test.AppendAsync($"Subject: number {i}\r\nDate: Thu, {1 + (i % 28)} Jan 2026 00:00:00 +0000\r\nX-Other: y\r\n\r\nbody\r\n");
        await using (var view = await test.ViewAsync())
        {
            Assert.Null(view.FieldsAt(1));
            await view.ReadStructuresAsync(1, view.Count, TestStore.Token);
            Assert.Equal("Subject: number 0\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n", Text(view.FieldsAt(1)!.Value));
        }

        await test.StopAndStartAsync();
        HideFiles(test, 40);
        await using var again = await test.ViewAsync();
        Assert.Equal("Subject: number 39\r\nDate: Thu, 12 Jan 2026 00:00:00 +0000\r\n", Text(again.FieldsAt(40)!.Value));
        Assert.Equal([8], await FindAsync(new SearchKey.Header("SUBJECT", "NUMBER 7")));
        Assert.Equal(40 - 11, (await FindAsync(new SearchKey.Not(new SearchKey.Header("Subject", "number 1")))).Count);
        Assert.Equal([2, 30], await FindAsync(new SearchKey.Sent(DateComparison.On, new(2026, 1, 2))));
        Assert.Equal([], await FindAsync(new SearchKey.Header("Subject", "zz")));

        // What asks for more reads the files, which are others now.
        Assert.Equal([], await FindAsync(new SearchKey.Header("X-Other", "y")));
        Assert.Equal([], await FindAsync(new SearchKey.Text("number")));
        Assert.Equal([1], await FindAsync(new SearchKey.And([new SearchKey.Sequences([new(1, 2)]), new SearchKey.Header("Subject", "number 0")])));

        async Task<IReadOnlyList<int>> FindAsync(SearchKey key) => (await again.SearchAsync(key, TestStore.Token)).Value;
    }

    [Fact]
    public async Task When_the_index_is_lost_the_file_still_serves()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 10; i++)
            await test.AppendAsync($"Subject: {i}\r\n\r\nbody\r\n");
        var first = await DescribeAsync(test);
        await test.StopAndStartAsync();
        var length = new FileInfo(PathOf(test)).Length;
        File.Delete(Path.Combine(test.Maildir, FolderIndex.FileName));
        Assert.Equal(first, await DescribeAsync(test));
        await test.StopAndStartAsync();
        Assert.Equal(length, new FileInfo(PathOf(test)).Length);
    }

    private static string PathOf(TestStore test) => Path.Combine(test.Maildir, StructureFile.FileName);

    /// <summary>Proof that no message is read: all are other messages of the same size now.</summary>
    private static void HideFiles(TestStore test, int count)
    {
        var files = Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Concat(Directory.GetFiles(Path.Combine(test.Maildir, "new"))).ToArray();
        Assert.Equal(count, files.Length);
        foreach (var path in files)
        {
            var time = File.GetLastWriteTimeUtc(path);
            File.WriteAllText(path, new string('z', (int)new FileInfo(path).Length));
            File.SetLastWriteTimeUtc(path, time);
        }
    }

    private static async Task<List<string>> DescribeAsync(TestStore test)
    {
        await using var view = await test.ViewAsync();
        List<string> all = [];
        for (var i = 1; i <= view.Count; i++)
        {
            var structure = (await view.StructureAtAsync(i, TestStore.Token)).Value;
            all.Add($"{Text(structure.Envelope)} {Text(structure.BodyStructure)} {Text(structure.Body)} {Describe(structure.Root)}");
        }

        return all;
    }

    private static string Text(ReadOnlyMemory<byte> octets) => Encoding.Latin1.GetString(octets.Span);

    private static string Describe(MessagePart part) =>
        $"({part.HeaderStart}+{part.HeaderLength} {part.BodyStart}+{part.BodyLength} {part.IsMultipart}"
        + $" {string.Concat(part.Children.Select(Describe))} {(part.Message is null ? "" : Describe(part.Message))})";
}
