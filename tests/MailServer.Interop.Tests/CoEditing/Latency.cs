using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>When outside changes were made, and how long idle sessions took to be told of them.</summary>
internal sealed class Latency(Disk disk)
{
    private static readonly string[] Kinds = ["EXISTS", "EXPUNGE", "FETCH"];

    private readonly ConcurrentDictionary<(string Folder, string What, string BaseName), long> _made = new();
    private readonly ConcurrentDictionary<string, UidNames> _names = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<double>[] _waits = [.. Kinds.Select(_ => new ConcurrentQueue<double>())];
    private int _views;
    private int _lateViews;

    /// <summary>Says that a change is being made: its clock starts.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="what"><c>EXISTS</c>, <c>EXPUNGE</c>, or <c>FETCH</c> with <c>+</c> or <c>-</c> for \Flagged.</param>
    /// <param name="baseName">Of which message.</param>
    public void Made(string folder, string what, string baseName) => _made[(folder, what, baseName)] = Stopwatch.GetTimestamp();

    /// <summary>Says that it was not made, or was undone.</summary>
    public void NotMade(string folder, string what, string baseName) => _made.TryRemove((folder, what, baseName), out _);

    /// <summary>Says that nobody can be told of what was made so far: the server has died.</summary>
    public void Clear() => _made.Clear();

    /// <summary>Listens for one session from now on.</summary>
    public void Listen(WatchingSession session, string folder)
    {
        var since = Stopwatch.GetTimestamp();
        var names = _names.GetOrAdd(folder, folder => new(disk, folder));
        Dictionary<(string What, string BaseName), long> heard = [];
        session.Told = (what, uid, flags, when) =>
        {
            if (names.Of(uid) is not { } baseName)
                return;
            var kind = Array.IndexOf(Kinds, what);
            what += what != "FETCH" ? "" : flags.Contains(@"\Flagged", StringComparison.Ordinal) ? "+" : "-";
            if (!_made.TryGetValue((folder, what, baseName), out var made) || made < since || made > when || heard.GetValueOrDefault((what, baseName)) == made)
                return;
            heard[(what, baseName)] = made;
            _waits[kind].Enqueue(Stopwatch.GetElapsedTime(made, when).TotalMilliseconds);
        };
    }

    /// <summary>Counts a view that should be up to date by now.</summary>
    public void CountView(bool isCurrent)
    {
        Interlocked.Increment(ref _views);
        if (!isCurrent)
            Interlocked.Increment(ref _lateViews);
    }

    public IEnumerable<string> Report()
    {
        for (var kind = 0; kind < Kinds.Length; kind++)
            if (_waits[kind].Order().ToArray() is { Length: > 0 } waits)
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"told of {Kinds[kind]} in IDLE after: p50 {waits[waits.Length / 2]:0} ms, p95 {waits[waits.Length * 95 / 100]:0} ms, max {waits[^1]:0} ms, {waits.Count(wait => wait > 2000)} of {waits.Length} later than 2 s");
        yield return $"views of idle sessions two seconds after the last change: {_lateViews} of {_views} not up to date";
    }

    /// <summary>Base names by UID, read on from where the last reading has ended.</summary>
    private sealed class UidNames(Disk disk, string folder)
    {
        private readonly Dictionary<uint, string> _byUid = [];
        private readonly Lock _gate = new();
        private long _read;

        public string? Of(uint uid)
        {
            lock (_gate)
            {
                if (!_byUid.ContainsKey(uid))
                    foreach (var (baseName, line) in disk.UidsFrom(folder, ref _read))
                        _byUid[line] = baseName;
                return _byUid.GetValueOrDefault(uid);
            }
        }
    }
}
