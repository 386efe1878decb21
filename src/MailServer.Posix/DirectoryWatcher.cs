using System.Runtime.InteropServices;

namespace MailServer.Posix;

/// <summary>
/// Tells that something in a folder has changed, for many folders with one inotify instance and one thread. What changed is for the
/// caller to find out: a message may be missed when the kernel's queue overflows, a look at the folder misses nothing.
/// Where inotify is not to be had, or its limits are reached, the folder's change time is looked at once a second.
/// </summary>
public sealed unsafe class DirectoryWatcher : IDisposable
{
    // IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
    private const uint Mask = 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800;
    private const uint OnlyDirectory = 0x01000000; // IN_ONLYDIR
    private const uint Overflow = 0x4000;          // IN_Q_OVERFLOW
    private const uint Ended = 0x8000;             // IN_IGNORED: the folder is gone, and the kernel's watch with it
    private const uint MovedFrom = 0x40;           // IN_MOVED_FROM
    private const uint MovedTo = 0x80;             // IN_MOVED_TO
    private const uint Deleted = 0x200;            // IN_DELETE
    private const int PollMilliseconds = 1000;

    // A thread that waits is woken for each single event, by whoever makes it: a thousand renames in a row would be a third slower.
    private const int GatherMilliseconds = 2;

    /// <summary>
    /// A folder that has changed within this time may change again without another time to show for it: file systems count in ticks of
    /// some milliseconds, FAT of two seconds.
    /// </summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, List<Registration>> _byWatch = [];
    private readonly List<Registration> _polled = [];
    private readonly int _inotify;
    private readonly int _wake;
    private volatile bool _isDisposed;
    private bool _isClosed; // under the gate: the descriptors' numbers may belong to somebody else

    private DirectoryWatcher(int inotify, int wake)
    {
        (_inotify, _wake) = (inotify, wake);
        var thread = new Thread(Run) { IsBackground = true, Name = "directory watcher" };
        using (ExecutionContext.SuppressFlow())
            thread.Start();
    }

    /// <summary>
    /// Starts a watcher. <c>MAILSERVER_WATCH=poll</c> in the environment does without inotify, as where its limits are reached:
    /// so that this road can be tried on any machine.
    /// </summary>
    public static DirectoryWatcher Create() => Create(Environment.GetEnvironmentVariable("MAILSERVER_WATCH") == "poll");

    /// <param name="polls">Whether it does without inotify.</param>
    internal static DirectoryWatcher Create(bool polls) => new(
        polls ? -1 : Libc.InotifyInit(0x80000 | 0x800), // IN_CLOEXEC | IN_NONBLOCK
        Libc.EventDescriptor(0, 0x80000 | 0x800));

    /// <summary>
    /// Watches a folder (not those below it). The callback runs on the watcher's thread after a name in the folder has come, gone or
    /// changed, or a file has been written and closed; it must be quick and must not throw. Two changes may make one call.
    /// </summary>
    /// <param name="directory">The folder; one that does not exist yet is polled until it does.</param>
    /// <param name="changed">Called at each change.</param>
    /// <param name="expected">Changes that it is not called for.</param>
    /// <returns>Dispose it to end the watch. A call under way may still come.</returns>
    public IDisposable Watch(string directory, Action changed, ExpectedEvents? expected = null)
    {
        ArgumentNullException.ThrowIfNull(changed);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var registration = new Registration(this, directory, changed, expected);
        lock (_gate)
        {
            Add(registration);
        }

        Interrupt();
        return registration;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        Interrupt();
    }

    private void Add(Registration registration)
    {
        var watch = _inotify < 0 ? -1 : Libc.InotifyAddWatch(_inotify, registration.Directory, Mask | OnlyDirectory);
        registration.Watch = watch;
        registration.Expected?.Watched(watch >= 0);
        if (watch < 0)
        {
            registration.See(ChangeTime(registration.Directory));
            _polled.Add(registration);
            return;
        }

        // The kernel gives the same number for the same folder.
        if (!_byWatch.TryGetValue(watch, out var sharing))
            _byWatch[watch] = sharing = [];
        sharing.Add(registration);
    }

    private void Remove(Registration registration)
    {
        lock (_gate)
        {
            if (_polled.Remove(registration) || !_byWatch.TryGetValue(registration.Watch, out var sharing))
                return;
            sharing.Remove(registration);
            if (sharing.Count > 0)
                return;
            _byWatch.Remove(registration.Watch);
            if (!_isClosed)
                _ = Libc.InotifyRemoveWatch(_inotify, registration.Watch);
        }
    }

    private void Interrupt()
    {
        var one = 1UL;
        lock (_gate)
        {
            if (!_isClosed)
                _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
        }
    }

    private void Run()
    {
        var buffer = stackalloc byte[16 * 1024];
        var entries = stackalloc Libc.PollEntry[2];
        while (!_isDisposed)
        {
            bool polls;
            lock (_gate)
                polls = _polled.Count > 0;
            entries[0] = new() { Descriptor = _wake, Events = 1 };
            entries[1] = new() { Descriptor = _inotify, Events = 1 }; // a negative descriptor is passed over
            _ = Libc.Poll(entries, 2, polls ? PollMilliseconds : -1);

            ulong drained;
            _ = Libc.Read(_wake, (byte*)&drained, sizeof(ulong));
            var hasRead = false;
            for (nint count; _inotify >= 0 && !_isDisposed && (count = Libc.Read(_inotify, buffer, 16 * 1024)) > 0;)
            {
                Report(new ReadOnlySpan<byte>(buffer, (int)count));
                hasRead = true;
            }

            if (polls)
                LookAround();
            if (hasRead)
                _ = Libc.Poll(entries, 1, GatherMilliseconds);
        }

        lock (_gate)
        {
            _isClosed = true;
            _ = Libc.Close(_wake);
            if (_inotify >= 0)
                _ = Libc.Close(_inotify);
        }
    }

    private void Report(ReadOnlySpan<byte> events)
    {
        var told = new HashSet<Registration>();
        var ended = new HashSet<int>();
        lock (_gate)
        {
            for (; events.Length >= 16;)
            {
                // struct inotify_event: int wd; uint32 mask, cookie, len; char name[len], filled up with NUL, in the machine's byte order
                var watch = MemoryMarshal.Read<int>(events);
                var mask = MemoryMarshal.Read<uint>(events[4..]);
                var name = events.Slice(16, (int)MemoryMarshal.Read<uint>(events[12..]));
                events = events[(16 + name.Length)..];
                if ((mask & Overflow) != 0)
                    Lose(told);
                else if (_byWatch.TryGetValue(watch, out var sharing))
                    foreach (var registration in sharing)
                        if (!registration.Expects(mask, name.TrimEnd((byte)0)))
                            told.Add(registration);
                if ((mask & Ended) != 0)
                    ended.Add(watch);
            }

            foreach (var watch in ended)
                WaitForReturn(watch);
        }

        foreach (var registration in told)
            registration.Changed();
    }

    private void Lose(HashSet<Registration> told)
    {
        foreach (var registration in _byWatch.Values.SelectMany(sharing => sharing))
        {
            registration.Expected?.Lost();
            told.Add(registration);
        }
    }

    /// <summary>A folder that is gone may be made again under its name: until then it is polled.</summary>
    private void WaitForReturn(int watch)
    {
        if (!_byWatch.Remove(watch, out var sharing))
            return;
        foreach (var registration in sharing)
        {
            registration.Watch = -1;
            registration.See(0);
            registration.Expected?.Watched(false);
            _polled.Add(registration);
        }
    }

    private void LookAround()
    {
        List<Registration> told = [];
        lock (_gate)
        {
            foreach (var registration in _polled.ToArray())
            {
                var now = ChangeTime(registration.Directory);
                if (now == registration.Seen && !registration.IsYoung)
                    continue;
                registration.See(now);
                told.Add(registration);

                // It has appeared, or watches may have become free.
                if (_inotify >= 0 && now != 0)
                {
                    _polled.Remove(registration);
                    Add(registration);
                }
            }
        }

        foreach (var registration in told)
            registration.Changed();
    }

    /// <summary>The folder's modification time in ticks, 0 when it is not there.</summary>
    private static long ChangeTime(string directory) =>
        Directory.Exists(directory) ? Directory.GetLastWriteTimeUtc(directory).Ticks : 0;

    private sealed class Registration(DirectoryWatcher watcher, string directory, Action changed, ExpectedEvents? expected) : IDisposable
    {
        private volatile bool _isOver;

        public string Directory { get; } = directory;

        public ExpectedEvents? Expected => expected;

        public int Watch { get; set; } = -1;

        public long Seen { get; private set; }

        /// <summary>Whether <see cref="Seen"/> was a time just past.</summary>
        public bool IsYoung { get; private set; }

        public void See(long time) => (Seen, IsYoung) = (time, Math.Abs(TimeProvider.System.GetUtcNow().UtcTicks - time) < Tick.Ticks);

        public bool Expects(uint mask, ReadOnlySpan<byte> name) => expected is not null && (mask & (MovedFrom | MovedTo | Deleted)) switch
        {
            MovedFrom => expected.Take(NameChange.MovedAway, name),
            MovedTo => expected.Take(NameChange.MovedHere, name),
            Deleted => expected.Take(NameChange.Removed, name),
            _ => false,
        };

        public void Changed()
        {
            if (!_isOver)
                changed();
        }

        public void Dispose()
        {
            _isOver = true;
            watcher.Remove(this);
        }
    }
}
