using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>
/// One run: a Maildir, a server, and actors that change both. At a checkpoint all actors stand still between two actions, and
/// <see cref="Checker"/> compares.
/// </summary>
internal sealed class CoEditRun(ServerProcess server, int seed, int messages, Action<string> say)
{
    public static readonly string[] Folders = ["INBOX", "Carried", "Copies", "Notes", "Doubled", "Synced"];

    private const int MaxActors = 100;

    /// <summary>How long an idle session may take to be told of a change.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turnstile = new(MaxActors, MaxActors);
    private readonly SemaphoreSlim _check = new(1, 1);
    private long _stillSince;
    private volatile bool _isOver;
    private volatile bool _isDown;
    private int _starts;

    public ServerProcess Server => server;

    public Model Model { get; } = new();

    public Disk Disk { get; } = new(server.Maildir("alice"));

    public Latency Latency => field ??= new(Disk);

    /// <summary>The UIDVALIDITY of each folder.</summary>
    public Dictionary<string, string> Validities { get; } = new(StringComparer.Ordinal);

    /// <summary>What is in each folder while nobody acts.</summary>
    public ConcurrentDictionary<string, List<(uint Uid, string Flags)>> Truth { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, int> Done { get; } = [];

    private readonly ConcurrentDictionary<string, string> _marks = new(StringComparer.Ordinal);

    public bool IsDown => _isDown;

    public string Validity(string folder) => Validities.GetValueOrDefault(folder, "");

    /// <summary>What is in a file; a message never changes. Null when it has been renamed.</summary>
    public string? MarkOf(DiskFile file)
    {
        if (!_marks.TryGetValue(file.BaseName, out var mark) && Disk.MarkOf(file) is { } read)
            _marks[file.BaseName] = mark = read;
        return mark;
    }

    public async Task RunAsync(TimeSpan time, int kills)
    {
        say($"seed {seed} (MAILSERVER_SEED), {messages} messages, {time.TotalSeconds:0} s, {kills} kills");
        Prepare();
        await new Checker(this).CheckAsync();
        var actors = Actors().ToList();
        try
        {
            await ActUntilAsync(time, kills, actors);
        }
        finally
        {
            // Nobody writes any more when the folder goes; what an actor met is told by the first of them.
            _isOver = true;
            await Task.WhenAll(actors).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(actors);
        await CheckpointAsync();
        foreach (var line in Latency.Report())
            say(line);
    }

    private async Task ActUntilAsync(TimeSpan time, int kills, List<Task> actors)
    {
        var clock = Stopwatch.StartNew();
        var random = new Random(seed);
        for (var kill = 0; ; kill++)
        {
            var next = kills == 0 ? TimeSpan.FromSeconds(20)
                : time > TimeSpan.Zero ? time / kills * (0.5 + random.NextDouble())
                : TimeSpan.FromMilliseconds(random.Next(300, 2500));
            if (await Task.WhenAny([Task.Delay(next), .. actors]) is var first && actors.Contains(first))
                await first;
            var isLast = kills > 0 ? kill + 1 >= kills : clock.Elapsed >= time;
            if (kill < kills)
                await KillAsync();
            await CheckpointAsync();
            lock (Done)
                say(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed:hh\\:mm\\:ss} checkpoint {kill + 1}: {Model.Mails.Count} messages known; {string.Join(", ", Done.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}"))}"));
            if (isLast)
                break;
        }
    }

    public void Count(string what)
    {
        lock (Done)
            Done[what] = Done.GetValueOrDefault(what) + 1;
    }

    /// <summary>Waits until the server is up.</summary>
    public async Task UpAsync()
    {
        while (_isDown && !_isOver)
            await Task.Delay(20);
    }

    private void Prepare()
    {
        foreach (var folder in Folders)
            Disk.Make(folder);
        var random = new Random(seed);
        for (var i = 0; i < messages; i++)
        {
            var (mark, _) = Model.New((i % 10) switch { 0 => "carried", 1 => "doomed", 2 => "moved", 3 => "erased", _ => "still" }, "INBOX");
            File.WriteAllText(Path.Combine(Disk.Of("INBOX"), "cur", $"{i}.s{random.Next()}.x:2,"), Model.Text(mark));
        }

        for (var i = 0; i < 100; i++)
            File.WriteAllText(Path.Combine(Disk.Of("Notes"), "cur", $"{i}.n{random.Next()}.x:2,"), Model.Text(Model.New("note", "Notes").Mark));
    }

    private IEnumerable<Task> Actors()
    {
        var (outside, sessions, tools) = (new OutsideActors(this), new SessionActors(this), new ToolActors(this));
        (Func<Random, Task> Act, int Pause)[] all =
        [
            (outside.NewRenamer(), 40), (outside.NewRenamer(), 60), (outside.DeliverAsync, 60), (outside.CarryAsync, 80), (outside.RemoveAsync, 150),
            (outside.DoubleAsync, 500), (outside.FolderAsync, 300), (tools.ProcmailAsync, 2000), (tools.MaildropAsync, 2000), (tools.NotmuchAsync, 1000),
            (tools.MuttAsync, 2000), (tools.MbsyncAsync, 1500), (sessions.SendAsync, 300), (sessions.Pop3Async, 4000), (sessions.NewEraser(), 300),
            (sessions.PassingAsync, 1000),
        ];
        var number = 0;
        foreach (var (act, pause) in all)
            yield return ActAsync(act, pause, new(seed + ++number));
        for (var i = 0; i < SessionActors.Editors; i++)
            yield return ActAsync(sessions.NewEditor(i), 100, new(seed + ++number));
        for (var i = 0; i < 30; i++)
            yield return WatchAsync(Folders[i % Folders.Length], new(seed + ++number));
        foreach (var folder in new[] { "INBOX", "INBOX", "INBOX", "Carried" })
            yield return MeasureAsync(folder);
    }

    private async Task ActAsync(Func<Random, Task> act, int pause, Random random)
    {
        while (!_isOver)
        {
            await _turnstile.WaitAsync();
            var starts = _starts;
            try
            {
                await act(random);
            }
            catch (Exception failure) when (IsKill(failure, starts))
            {
                // The server was killed under it.
            }
            finally
            {
                _turnstile.Release();
            }

            await UpAsync();
            await Task.Delay(random.Next(pause));
        }
    }

    /// <summary>How often the server was killed.</summary>
    public int Starts => Volatile.Read(ref _starts);

    private bool IsKill(Exception failure, int starts) => (_isDown || starts != _starts)
        && failure is IOException or System.Net.Sockets.SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException;

    /// <summary>A session that only waits. What it was told must be what a fresh session sees.</summary>
    private async Task WatchAsync(string folder, Random random)
    {
        while (!_isOver)
        {
            await UpAsync();
            var starts = _starts;
            try
            {
                await using var session = await WatchingSession.OpenAsync(server, folder);
                while (!_isOver)
                {
                    await session.IdleAsync(TimeSpan.FromSeconds(2));
                    if (_check.CurrentCount > 0 || _isDown)
                        continue;
                    await Checker.AgreeAsync(this, session, folder);
                    if (random.Next(5) == 0)
                        await session.SelectAsync(folder);
                }
            }
            catch (Exception failure) when (IsKill(failure, starts))
            {
                // It comes again.
            }
        }
    }

    /// <summary>A session that is always in IDLE, and asks for nothing but the UIDs of what has come.</summary>
    private async Task MeasureAsync(string folder)
    {
        while (!_isOver)
        {
            await UpAsync();
            var starts = _starts;
            try
            {
                await using var session = await WatchingSession.OpenAsync(server, folder);
                Latency.Listen(session, folder);
                var counted = 0L;
                while (!_isOver)
                {
                    await session.IdleAsync(TimeSpan.FromMilliseconds(500), untilNew: true);
                    var still = Interlocked.Read(ref _stillSince);
                    if (still == 0 || still == counted || Stopwatch.GetElapsedTime(still) < Bound || !Truth.TryGetValue(folder, out var truth))
                        continue;
                    counted = still;
                    Latency.CountView(Checker.IsTrue(session, truth));
                }
            }
            catch (Exception failure) when (IsKill(failure, starts))
            {
                // It comes again.
            }
        }
    }

    private async Task KillAsync()
    {
        _isDown = true;
        await server.KillAsync();
        Interlocked.Increment(ref _starts);
        await server.RunAsync();
        Latency.Clear();
        _isDown = false;
        Count("kill");
    }

    private async Task CheckpointAsync()
    {
        for (var i = 0; i < MaxActors; i++)
            await _turnstile.WaitAsync();
        await _check.WaitAsync();
        try
        {
            var still = Stopwatch.GetTimestamp();
            await new Checker(this).CheckAsync();
            Interlocked.Exchange(ref _stillSince, still);
            await Task.Delay(2500); // each watching session comes by once, and compares
        }
        finally
        {
            Interlocked.Exchange(ref _stillSince, 0);
            Truth.Clear();
            _check.Release();
            _turnstile.Release(MaxActors);
        }
    }
}

