using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>With the index and without it, a search has the same answer: over real and broken mail, for texts cut out of that mail at random.</summary>
public sealed class SearchEqualityTests(ITestOutputHelper output)
{
    /// <summary>Mail of every kind, and enough spam to have something in common.</summary>
    private const int MaxSpam = 400;

    private readonly int _seed = Environment.TickCount;

    [Fact]
    public async Task Answers_are_the_same_over_the_corpora()
    {
        List<string> files = [.. Mails.Files().Where(file => !file.Contains("spam-spamassassin", StringComparison.Ordinal)), .. Mails.Files("spam-spamassassin").Take(MaxSpam)];
        Assert.SkipWhen(files.Count == 0, "no test data: set MAILSERVER_CORPORA");
        output.WriteLine($"seed {_seed}");
        var random = new Random(_seed);
        await using var test = new SearchStore();
        for (var i = 0; i < files.Count; i++)
            test.Put($"{i}.a.b", Mails.Load(files[i]));
        var (with, without) = (test.Open(), test.Open(withIndex: false));
        await using var view = await SearchStore.ViewAsync(with);
        await using var plain = await SearchStore.ViewAsync(without);
        await SearchStore.IndexAsync(with, view);
        Assert.Equal(plain.Count, view.Count);

        var found = 0;
        for (var i = 0; i < 20; i++)
        {
            var key = MakeKey(random, files, depth: 2);
            var expected = await SearchStore.SearchAsync(plain, key);
            var actual = await SearchStore.SearchAsync(view, key);
            Assert.True(expected.SequenceEqual(actual), $"seed {_seed}: {key}");
            found += expected.Length;
        }

        Assert.InRange(found, 20, int.MaxValue);
    }

    [Fact]
    public async Task No_message_is_ruled_out_that_holds_the_text()
    {
        List<string> files = [.. Mails.Files()];
        Assert.SkipWhen(files.Count == 0, "no test data: set MAILSERVER_CORPORA");
        output.WriteLine($"seed {_seed}");
        var random = new Random(_seed);
        await using var test = new SearchStore();
        Directory.CreateDirectory(test.Maildir);
        using var database = SearchDatabase.Open(test.IndexFile);
        var folder = database.AddFolder("test", 1);
        for (var i = 0; i < 1500; i++)
        {
            var stored = Mails.Load(files[random.Next(files.Count)]);
            var (header, body) = (new IndexText(), new IndexText());
            SearchHeader.Read(new MemoryStream(stored), out var rest).CopyTo(header);
            BodySearch.Read(rest, body);
            if (header.IsCut || body.IsCut)
                continue;

            // One message at a time, each in the place of the last.
            database.Change(folder, database.MarksOf(folder), [new(1, $"{i}", header.ToString(), body.ToString(), IsCut: false)], []);
            SearchKey key = random.Next(3) switch
            {
                0 when NeedleIn(random, stored, inHeader: true) is var text => new SearchKey.Text(text),
                1 when NeedleIn(random, stored, inHeader: true) is var value => new SearchKey.Header(FieldOf(random, stored), value),
                _ => new SearchKey.Body(NeedleIn(random, stored, inHeader: false)),
            };
            var program = SearchProgram.Compile(key);
            var hints = new SearchHints(database.MarksOf(folder), [.. program.Queries.Select(query => query is null ? null : database.Find(folder, query))]);
            var subject = Subjects.Of(stored) with { Info = Subjects.Of(stored).Info with { Uid = 1 } };
            Assert.True(program.Matches(subject) == program.Matches(subject with { Hints = hints }), $"seed {_seed}: {key}");
        }
    }

    private static SearchKey MakeKey(Random random, List<string> files, int depth)
    {
        var stored = Mails.Load(files[random.Next(files.Count)]);
        return random.Next(depth > 0 ? 7 : 4) switch
        {
            0 => new SearchKey.Body(NeedleIn(random, stored, inHeader: false)),
            1 => new SearchKey.Text(NeedleIn(random, stored, random.Next(2) == 0)),
            2 => new SearchKey.Header(FieldOf(random, stored), NeedleIn(random, stored, inHeader: true)),
            3 => new SearchKey.Header(FieldOf(random, stored), random.Next(2) == 0 ? "" : "a"),
            4 => new SearchKey.Not(MakeKey(random, files, depth - 1)),
            5 => new SearchKey.Or(MakeKey(random, files, depth - 1), MakeKey(random, files, depth - 1)),
            _ => new SearchKey.And([MakeKey(random, files, depth - 1), new SearchKey.Uids([new(1, (uint)random.Next(1, files.Count))])]),
        };
    }

    private static string FieldOf(Random random, byte[] stored)
    {
        string[] lines = [.. Encoding.Latin1.GetString(stored).Split("\n\n")[0].Split('\n').Where(line => line.IndexOf(':', StringComparison.Ordinal) > 0)];
        return lines.Length == 0 || random.Next(3) == 0 ? "Subject" : lines[random.Next(lines.Length)].Split(':')[0];
    }

    /// <summary>Some characters of a message's decoded text, in another case now and then.</summary>
    private static string NeedleIn(Random random, byte[] stored, bool inHeader)
    {
        var text = new PlainText();
        var header = SearchHeader.Read(new MemoryStream(stored), out var rest);
        if (inHeader)
            header.CopyTo(text);
        else
            BodySearch.Read(rest, text);
        var whole = text.ToString();
        if (whole.Length == 0)
            return "nothing";
        var start = random.Next(whole.Length);
        var needle = whole.Substring(start, Math.Min(random.Next(1, 30), whole.Length - start));
        return random.Next(3) switch { 0 => needle.ToUpperInvariant(), 1 => needle.ToLowerInvariant(), _ => needle };
    }

    private sealed class PlainText : ITextSink
    {
        private readonly StringBuilder _text = new();

        public bool IsDone => _text.Length > 1_000_000;

        public void Add(ReadOnlySpan<char> piece) => _text.Append(piece);

        public void End()
        {
        }

        public override string ToString() => _text.ToString();
    }
}
