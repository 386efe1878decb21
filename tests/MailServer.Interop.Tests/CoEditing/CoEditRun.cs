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

    private readonly SemaphoreSlim _turnstile = new(MaxActors, MaxActors);
    private readonly SemaphoreSlim _check = new(1, 1);
    private volatile bool _isOver;
    private volatile bool _isDown;
    private int _starts;

    public ServerProcess Server => server;

    public Model Model { get; } = new();

    public Disk Disk { get; } = new(server.Maildir("alice"));

    public System.Collections.Concurrent.ConcurrentQueue<double> Delays { get; } = new();

    /// <summary>What is in which file; a message never changes.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> Marks { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, int> Done { get; } = [];

    public int Seed => seed;

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
        double[] delays = [.. Delays.Order()];
        if (delays.Length > 0)
            say(string.Create(CultureInfo.InvariantCulture, $"seen by IDLE after: p50 {delays[delays.Length / 2]:0} ms, p99 {delays[delays.Length * 99 / 100]:0} ms, max {delays[^1]:0} ms, of {delays.Length}"));
    }

    private async Task ActUntilAsync(TimeSpan time, int kills, List<Task> actors)
    {
        var clock = Stopwatch.StartNew();
        var random = new Random(seed);
        for (var kill = 0; ; kill++)
        {
            var next = kills > 0 ? TimeSpan.FromMilliseconds(random.Next(300, 2500)) : TimeSpan.FromSeconds(20);
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
            var (mark, _) = Model.New(i % 10 == 0 ? "carried" : i % 10 == 1 ? "doomed" : i % 10 == 2 ? "moved" : "still", "INBOX");
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
            (outside.RenameAsync, 40), (outside.RenameAsync, 60), (outside.DeliverAsync, 60), (outside.CarryAsync, 80), (outside.RemoveAsync, 150),
            (outside.DoubleAsync, 500), (outside.FolderAsync, 700), (tools.ProcmailAsync, 2000), (tools.MaildropAsync, 2000), (tools.NotmuchAsync, 4000),
            (tools.MuttAsync, 6000), (tools.MbsyncAsync, 5000), (sessions.SendAsync, 300), (sessions.Pop3Async, 4000),
        ];
        var number = 0;
        foreach (var (act, pause) in all)
            yield return ActAsync(act, pause, new(seed + ++number));
        for (var i = 0; i < 3; i++)
            yield return ActAsync(sessions.NewEditor(i), 100, new(seed + ++number));
        for (var i = 0; i < 40; i++)
            yield return WatchAsync(Folders[i % Folders.Length], isMeasured: i == 0);
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

    private bool IsKill(Exception failure, int starts) => (_isDown || starts != _starts)
        && failure is IOException or System.Net.Sockets.SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException;

    /// <summary>A session that only waits. What it was told must be what a fresh session sees.</summary>
    private async Task WatchAsync(string folder, bool isMeasured)
    {
        while (!_isOver)
        {
            await UpAsync();
            var starts = _starts;
            try
            {
                await using var session = await WatchingSession.OpenAsync(server, folder);
                if (isMeasured)
                    session.Told = Measure();
                while (!_isOver)
                {
                    await session.IdleAsync(TimeSpan.FromSeconds(2));
                    if (_check.CurrentCount == 0 && !_isDown)
                        await Checker.AgreeAsync(this, session, folder);
                }
            }
            catch (Exception failure) when (IsKill(failure, starts))
            {
                // It comes again.
            }
        }
    }

    private Action<string, uint, string> Measure()
    {
        var bases = Disk.Uids("INBOX", out _).ToDictionary(pair => pair.Value, pair => pair.Key);
        return (what, uid, flags) =>
        {
            if (what == "FETCH" && bases.TryGetValue(uid, out var baseName)
                && Model.Made.TryRemove((baseName, flags.Contains(@"\Flagged", StringComparison.Ordinal)), out var made))
                Delays.Enqueue(Stopwatch.GetElapsedTime(made).TotalMilliseconds);
        };
    }

    private async Task KillAsync()
    {
        _isDown = true;
        await server.KillAsync();
        Interlocked.Increment(ref _starts);
        await server.RunAsync();
        Model.Made.Clear();
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
            await new Checker(this).CheckAsync();
            await Task.Delay(2500); // each watching session comes by once, and compares
        }
        finally
        {
            _check.Release();
            _turnstile.Release(MaxActors);
        }
    }
}

