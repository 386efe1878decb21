using System.Diagnostics;
using System.Globalization;
using System.Text;
using MailServer.Posix;
using MailServer.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Bench;

/// <summary>
/// SEARCH in one folder, without the index and with it: <c>dotnet run -c Release --project bench/MailServer.Bench -- search [MESSAGES]</c>. A command of
/// its own, since the folder takes longer to make, and to index, than all the searches.
/// </summary>
internal sealed class SearchBench(int messages, string directory)
{
    private const int Rounds = 9;

    private static readonly (string Name, SearchKey Key)[] Searches =
    [
        ("SUBJECT, 1 of 1,000 match", new SearchKey.Header("Subject", "number 77 of")),
        ("BODY, none match", new SearchKey.Body("not a word of it")),
        ("BODY, 1 of 1,000 match", new SearchKey.Body("Needle in")),
        ("TEXT, 1 of 1,000 match", new SearchKey.Text("Needle in")),
        ("BODY, nearly all match", new SearchKey.Body("kind regards")),
        ("NOT BODY, nearly all match", new SearchKey.Not(new SearchKey.Body("Needle in"))),
    ];

    public static async Task RunAsync(int messages)
    {
        var directory = Directory.CreateTempSubdirectory("mailserver-bench-").FullName;
        try
        {
            await new SearchBench(messages, directory).RunAsync();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task RunAsync()
    {
        var text = WriteMaildir(Path.Combine(directory, "alice"));
        var without = await MeasureAsync(withIndex: false);
        var with = await MeasureAsync(withIndex: true);
        var file = new FileInfo(Path.Combine(directory, "alice", "mailserver-search")).Length;
        Console.Out.WriteLine($"{messages} messages, {text >> 20} MiB; index {file >> 20} MiB; milliseconds, median of {Rounds}");
        for (var i = 0; i < Searches.Length; i++)
            Console.Out.WriteLine($"| {Searches[i].Name} | {without[i]:F1} | {with[i]:F1} | {without[i] / with[i]:F0}x |");
    }

    private async Task<double[]> MeasureAsync(bool withIndex)
    {
        using var watcher = DirectoryWatcher.Create();
        var user = new User { Name = "alice", Address = new("alice", "example.org") };
        await using var store = new MaildirStore(
            new() { Maildir = "{data}/{user}", DataDirectory = directory, Hostname = "mx.example.org", SearchIndex = withIndex },
            watcher, TimeProvider.System, NullLoggerFactory.Instance);
        await using var view = (await (await store.OpenAsync(user, default)).Value.OpenFolderAsync(FolderName.Inbox, FolderAccess.ReadOnly, null, default)).Value;
        var start = Stopwatch.GetTimestamp();
        await view.SearchAsync(Searches[1].Key, default);
        while (!store.Context.Search.IsIdle)
            await Task.Delay(20);
        Console.Out.WriteLine($"first search{(withIndex ? ", and until all is indexed" : "")}: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");

        var result = new double[Searches.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var times = new List<double>();
            for (var round = 0; round < (withIndex ? Rounds : 3); round++)
            {
                start = Stopwatch.GetTimestamp();
                await view.SearchAsync(Searches[i].Key, default);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            result[i] = times.Order().ElementAt(times.Count / 2);
        }

        return result;
    }

    private long WriteMaildir(string maildir)
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 20_000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(2, 11)).Select(_ => (char)('a' + random.Next(26)))))];
        var cur = Path.Combine(maildir, "cur");
        foreach (var one in new[] { cur, Path.Combine(maildir, "new"), Path.Combine(maildir, "tmp") })
            Directory.CreateDirectory(one);
        var total = 0L;
        for (var i = 0; i < messages; i++)
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"Return-Path: <carol@example.net>\nReceived: from mail.example.net by mx.example.org\n\tid {words[random.Next(words.Length)]}{i}; Mon, 23 Nov 2026 10:02:00 +0100\nDate: Mon, 23 Nov 2026 10:02:00 +0100\nFrom: Carol <carol@example.net>\nTo: alice@example.org\nSubject: number {i % 1000} of these\nMessage-ID: <{i}@example.net>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n");
            for (var size = text.Length; text.Length < size + 4000;)
                text.Append(words[Math.Min(random.Next(words.Length), random.Next(words.Length))]).Append(random.Next(12) == 0 ? '\n' : ' ');
            text.Append(i % 1000 == 500 ? "\nA needle in it.\n" : "\nKind regards\n");
            var crlf = text.Length + text.ToString().Count(letter => letter == '\n');
            File.WriteAllText(Path.Combine(cur, string.Create(CultureInfo.InvariantCulture, $"{1_700_000_000 + i}.M{i}.bench,S={text.Length},W={crlf}:2,S")), text.ToString());
            total += text.Length;
        }

        return total;
    }
}
