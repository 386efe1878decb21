using System.Globalization;
using BenchmarkDotNet.Attributes;
using MailServer.Posix;
using MailServer.Rules;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Bench;

/// <summary>What compiled rules cost for one mail. The bar is 1 µs a rule (the mail's own decoding aside, which is done once and kept).</summary>
[MemoryDiagnoser]
public class RuleBench
{
    private const string Work = """
        string[] projects = ["apollo", "gemini", "mercury"];
        if (Mail.From.IsIn("work.example"))
            FileInto(projects.FirstOrDefault(p => Mail.Subject.Has($"[{p}]")) is { } project ? $"Work/{project}" : "Work");
        """;

    /// <summary>What people sort by, in ten conditions.</summary>
    private const string Ten = """
        if (Mail.List is { } list)
            FileInto($"Lists/{list}");
        if (Mail.From.IsIn("shop.example") && Mail.Subject.Has("receipt"))
            FileInto("Receipts");
        if (Mail.From.IsIn("bank.example"))
            FileInto("Bank");
        if (Mail.From.Is("boss@company.example"))
            AddFlag(Flagged);
        if (Mail.Subject.StartsWith("[build]"))
            FileInto("Builds");
        if (Mail.Subject.Has("newsletter"))
            FileInto("Newsletters");
        if (Mail.To.IsIn("project.example"))
            FileInto("Project");
        if (Mail.Size > 10_000_000)
            FileInto("Large");
        if (Mail.JunkScore >= 5)
            FileInto("Junk");
        if (Mail.From.IsIn("work.example"))
            FileInto("Work");
        """;

    private static readonly RecipientFacts To = new() { Address = "alice@example.org", Account = "alice@example.org" };

    private readonly string _directory = Directory.CreateTempSubdirectory("mailserver-bench-").FullName;
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly Mail _hit = new(new Facts("erin@work.example", "Re: [apollo] launch date"));
    private readonly Mail _miss = new(new Facts("carol@example.net", "Lunch on Friday?"));
    private RuleEngine _one = null!;
    private RuleEngine _stop = null!;
    private RuleEngine _ten = null!;
    private RuleEngine _examples = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _one = await StartAsync("one", Work);
        _stop = await StartAsync("stop", "if (Mail.JunkScore >= 5) { FileInto(\"Junk\"); Stop(); }");
        _ten = await StartAsync("ten", Ten);
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "MailServer.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no MailServer.sln above");
        _examples = await StartAsync(Path.Combine(root, "scripts", "examples"), null);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        foreach (var engine in new[] { _one, _stop, _ten, _examples })
            await engine.DisposeAsync();
        _watcher.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Description = "a rule that does not apply")]
    public Delivery Miss() => _one.Decide(_miss, To, Delivery.Keep);

    [Benchmark(Description = "a rule that files")]
    public Delivery Hit() => _one.Decide(_hit, To, Delivery.Keep);

    [Benchmark(Description = "a rule of one comparison")]
    public Delivery Compare() => _stop.Decide(_miss, To, Delivery.Keep);

    [Benchmark(Description = "a rule of ten conditions, none applies")]
    public Delivery TenMiss() => _ten.Decide(_miss, To, Delivery.Keep);

    [Benchmark(Description = "a rule of ten conditions, the last files")]
    public Delivery TenHit() => _ten.Decide(_hit, To, Delivery.Keep);

    [Benchmark(Description = "all examples, none applies")]
    public Delivery Examples() => _examples.Decide(_miss, To, Delivery.Keep);

    /// <summary>The same in processor time, which holds on a machine that does other things as well: <c>-- rules</c>.</summary>
    public static async Task MeasureAsync()
    {
        var bench = new RuleBench();
        await bench.SetupAsync();
        foreach (var (name, run) in new (string, Func<Delivery>)[]
        {
            ("a rule that does not apply", bench.Miss), ("a rule that files", bench.Hit), ("a rule of one comparison", bench.Compare),
            ("a rule of ten conditions, none applies", bench.TenMiss), ("a rule of ten conditions, the last files", bench.TenHit), ("all examples, none applies", bench.Examples),
        })
        {
            // Compiled for good first; then the median of some rounds.
            Repeat(run, 300_000);
            await Task.Delay(500);
            Repeat(run, 300_000);
            var rounds = Enumerable.Range(0, 9).Select(_ => Repeat(run, 200_000)).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-45} {rounds[4]:0.00} us, best {rounds[0]:0.00}, worst {rounds[^1]:0.00}"));
        }

        await bench.CleanUpAsync();
    }

    // Microseconds of this thread's processor time for one run.
    private static double Repeat(Func<Delivery> run, int count)
    {
        var before = ThreadClock.Used;
        for (var i = 0; i < count; i++)
            run();
        return (ThreadClock.Used - before).TotalMicroseconds / count;
    }

    private async Task<RuleEngine> StartAsync(string name, string? text)
    {
        var folder = Path.Combine(_directory, name);
        if (text is not null)
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "10.csx"), text);
        }

        var options = new RuleOptions { GlobalDirectory = folder, CacheDirectory = Path.Combine(_directory, "cache-" + Path.GetFileName(name)), RuleHostPath = RuleHost() };
        var engine = new RuleEngine(options, _watcher, TimeProvider.System, NullLoggerFactory.Instance);
        await engine.StartAsync(default);
        return engine.Status() is { CompilerProblem: { } problem } ? throw new InvalidOperationException(problem) : engine;
    }

    // BenchmarkDotNet builds its own copy below our output folder.
    private static string RuleHost()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (Path.Combine(folder, "src", "MailServer.RuleHost", "bin", "Release", "net10.0", "MailServer.RuleHost.dll") is var path && File.Exists(path))
                return path;
        throw new InvalidOperationException("build src/MailServer.RuleHost in Release first");
    }

    private sealed class Facts(string from, string subject) : IMailSource
    {
        private readonly string[] _subject = [subject];

        private readonly Correspondent[] _from = [new() { LocalPart = from.Split('@')[0], Domain = from.Split('@')[1] }];

        public DateTimeOffset Date => default;

        public long Size => 4096;

        public double JunkScore => 0.1;

        public DateTimeOffset Received => default;

        public IReadOnlyList<string> AuthenticationResults => ["mx.example.org; dmarc=pass header.from=work.example"];

        public MailOrigin Origin => MailOrigin.Unknown;

        public string Text => "";

        public IReadOnlyList<MailPart> Parts => [];

        public IReadOnlyList<string> Fields(string name) => name == "Subject" ? _subject : [];

        public IReadOnlyList<Correspondent> Addresses(string name) => name == "From" ? _from : [];
    }
}
