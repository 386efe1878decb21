using System.Globalization;

namespace MailServer.Interop.Tests;

/// <summary>A message of any shape can be stored, listed, searched, copied and read, octet for octet, in little memory, and nobody else waits.</summary>
public sealed class ShapeTests
{
    /// <summary>What the server may grow by: well below the 100 MB of the largest message, which would be 200 MB as text.</summary>
    private const long MaxGrowth = 96 * 1024 * 1024;

    [InteropFact]
    public async Task Messages_of_any_shape_are_read_octet_for_octet()
    {
        await using var server = await ServerProcess.StartAsync();
        var sent = Put(server, "alice");
        await using (var warm = await OctetClient.LogInAsync(server, "bob", "SELECT INBOX"))
            await warm.OkAsync("UID FETCH 1:* (FLAGS)");
        var before = server.PeakMemory();

        await using var imap = await OctetClient.LogInAsync(server, "alice", "SELECT INBOX");
        var uids = await ReadAllAsync(imap, sent);
        await SearchAsync(imap, uids);
        await imap.OkAsync("CREATE Copies");
        await imap.OkAsync("COPY 1:* Copies");
        await imap.OkAsync("SELECT Copies");
        await ReadAllAsync(imap, sent);
        await Pop3Async(server, sent);

        var growth = server.PeakMemory() - before;
        Assert.True(growth < MaxGrowth, $"the server has grown by {growth / 1024 / 1024} MB");
    }

    [InteropFact]
    public async Task Messages_of_any_shape_can_be_appended()
    {
        await using var server = await ServerProcess.StartAsync();
        Put(server, "bob");
        await using var imap = await OctetClient.LogInAsync(server, "alice", "CREATE Appended");

        // RFC 3501 §9: a literal has no NUL. RFC 3502 §6.3.11: an empty one takes the command back. [imap] max_message_size is 50 MiB.
        var shapes = Shape.All.Where(shape => shape.Name is not ("empty" or "binary" or "one line of 100 MB")).ToArray();
        Dictionary<string, (long, string)> sent = [];
        foreach (var shape in shapes)
        {
            var path = server.File(shape.Name);
            await using (var file = File.Create(path))
                shape.Write(file);
            var answer = await imap.AppendAsync("Appended", path);
            Assert.True(answer.Status.StartsWith("OK", StringComparison.Ordinal), $"{shape.Name}: {answer.Status}");
            sent[shape.Name] = Shape.AsSent(path);
        }

        await imap.OkAsync("SELECT Appended");
        foreach (var (shape, sequence) in shapes.Select((shape, i) => (shape, i + 1)))
        {
            var body = Assert.Single((await imap.OkAsync($"FETCH {sequence} (BODY.PEEK[])")).Literals);
            Assert.Equal(sent[shape.Name], (body.Size, body.Sum));
        }
    }

    [InteropFact]
    public async Task Nobody_waits_for_a_reader_of_100_MB()
    {
        await using var server = await ServerProcess.StartAsync();
        Put(server, "alice");
        await using var reader = await OctetClient.LogInAsync(server, "alice", "SELECT INBOX");
        var size = Shape.AsSent(server.File(Shape.All[^1].Name)).Size;
        var sequence = Shape.All.Length;
        await reader.SendAsync($"a100 FETCH {sequence} (BODY.PEEK[])\r\n");
        Assert.EndsWith($"{{{size}}}", await reader.ReadLineAsync(), StringComparison.Ordinal);
        var first = await reader.ReadOctetsAsync(1024 * 1024);

        // It has not taken the rest yet, and others go on, in the same folder too.
        foreach (var user in new[] { "alice", "bob" })
            await using (var other = await OctetClient.LogInAsync(server, user, "SELECT INBOX"))
            {
                await other.OkAsync("STATUS INBOX (MESSAGES)");
                await other.OkAsync("CREATE Other");
                await other.OkAsync("NOOP");
            }

        Assert.Equal(size, first.Size + (await reader.ReadOctetsAsync(size - first.Size)).Size);
    }

    /// <summary>Puts each into the folder as another program does; gives what must be read.</summary>
    private static Dictionary<string, (long Size, string Sum)> Put(ServerProcess server, string user)
    {
        foreach (var part in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(Path.Combine(server.Maildir(user), part));
        Dictionary<string, (long, string)> sent = [];
        foreach (var (shape, i) in Shape.All.Select((shape, i) => (shape, i)))
        {
            var path = server.File(shape.Name);
            using (var file = File.Create(path))
                shape.Write(file);
            File.Copy(path, Path.Combine(server.Maildir(user), "new", string.Create(CultureInfo.InvariantCulture, $"{1_700_000_000 + i}.M{i}P1.other")));
            sent[shape.Name] = Shape.AsSent(path);
        }

        return sent;
    }

    private static async Task<Dictionary<string, long>> ReadAllAsync(OctetClient imap, Dictionary<string, (long Size, string Sum)> sent)
    {
        Dictionary<string, long> uids = [];
        foreach (var (shape, sequence) in Shape.All.Select((shape, i) => (shape, i + 1)))
        {
            var (size, sum) = sent[shape.Name];
            var info = (await imap.OkAsync($"FETCH {sequence} (UID RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)")).Text;
            Assert.Contains($"RFC822.SIZE {size} ", info, StringComparison.Ordinal);
            uids[shape.Name] = long.Parse(info[(info.IndexOf("UID ", StringComparison.Ordinal) + 4)..].Split(' ', ')')[0], CultureInfo.InvariantCulture);

            var body = await BodyAsync(imap, sequence, "");
            Assert.Equal((size, sum), (body.Size, body.Sum));
            var header = await BodyAsync(imap, sequence, "HEADER");
            var text = await BodyAsync(imap, sequence, "TEXT");
            Assert.Equal(size, header.Size + text.Size);
            await imap.OkAsync($"FETCH {sequence} (BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
            foreach (var offset in new[] { 0, 1, size / 2, Math.Max(0, size - 1), size, size + 10 })
                Assert.Equal(Math.Clamp(size - offset, 0, 100), (await BodyAsync(imap, sequence, "", $"<{offset}.100>")).Size);
        }

        return uids;
    }

    /// <summary>A section's octets, which come as a literal, a quoted string or NIL.</summary>
    private static async Task<Octets> BodyAsync(OctetClient imap, int sequence, string section, string partial = "")
    {
        var answer = await imap.OkAsync($"FETCH {sequence} (BODY.PEEK[{section}]{partial})");
        if (answer.Literals.Count == 1)
            return answer.Literals[0];
        Assert.Matches("( \"\"| NIL)\\)$", answer.Text);
        return new Octets.Builder().Done();
    }

    private static async Task SearchAsync(OctetClient imap, Dictionary<string, long> uids)
    {
        var found = (await imap.OkAsync($"UID SEARCH TEXT {Shape.Needle}")).Text.Split(' ')[2..].Select(uid => long.Parse(uid, CultureInfo.InvariantCulture)).ToHashSet();
        foreach (var shape in Shape.All.Where(shape => shape.IsFound))
            Assert.True(found.Contains(uids[shape.Name]), $"{shape.Name} was not found");
        Assert.DoesNotContain(uids["empty"], found);
    }

    /// <summary>RFC 1939 §11: LIST tells the octets that RETR sends, and a last line without an end gets one.</summary>
    private static async Task Pop3Async(ServerProcess server, Dictionary<string, (long Size, string Sum)> sent)
    {
        await using var pop3 = await OctetClient.ConnectAsync(server, "pop3s");
        await pop3.Pop3Async("USER alice@example.org");
        await pop3.Pop3Async($"PASS {ServerProcess.Password}");
        var total = 0L;
        foreach (var (shape, message) in Shape.All.Select((shape, i) => (shape, i + 1)))
        {
            var listed = long.Parse((await pop3.Pop3Async($"LIST {message}")).Split(' ')[2], CultureInfo.InvariantCulture);
            var text = await pop3.Pop3TextAsync($"RETR {message}");
            Assert.True(listed == text.Size, $"{shape.Name}: LIST says {listed}, RETR sends {text.Size}, the message has {sent[shape.Name].Size}");
            Assert.InRange(text.Size - sent[shape.Name].Size, 0, 2);
            total += listed;
        }

        Assert.Equal($"+OK {Shape.All.Length} {total}", await pop3.Pop3Async("STAT"));
        await pop3.Pop3Async("QUIT");
    }
}
