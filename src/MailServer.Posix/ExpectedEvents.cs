using System.Text;

namespace MailServer.Posix;

/// <summary>
/// What a watched folder will be told of changes that its own server makes: these need no look at the folder. Each is told of before it is
/// made, and taken out when the kernel tells of it. Where anything is unclear nothing is expected, and so nothing is missed.
/// </summary>
public sealed class ExpectedEvents
{
    /// <summary>Events that may be outstanding: the kernel's queue holds 16,384, and tells when it has lost some.</summary>
    private const int Most = 32_768;

    private const int UsualName = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _counts = [];
    private int _count;
    private bool _isWatched;

    /// <summary>Says that a name is about to come into the folder, or to go from it.</summary>
    /// <param name="change">How.</param>
    /// <param name="name">The file's name without its folder.</param>
    public void Expect(NameChange change, ReadOnlySpan<char> name)
    {
        var key = KeyOf(change, name);
        lock (_gate)
        {
            if (!_isWatched)
                return;
            if (_count >= Most)
                Clear();
            _counts[key] = _counts.GetValueOrDefault(key) + 1;
            _count++;
        }
    }

    /// <summary>Takes it back: the change was not made.</summary>
    /// <param name="change">How it was expected.</param>
    /// <param name="name">The file's name without its folder.</param>
    /// <returns>False when the event has come all the same: somebody else has made this very change.</returns>
    public bool TakeBack(NameChange change, ReadOnlySpan<char> name)
    {
        var key = KeyOf(change, name);
        lock (_gate)
            return Remove(key) || !_isWatched;
    }

    /// <summary>Whether the kernel watches now. Outstanding events belong to the watch.</summary>
    internal void Watched(bool isWatched)
    {
        lock (_gate)
        {
            _isWatched = isWatched;
            Clear();
        }
    }

    /// <summary>The kernel has lost events: whatever is outstanding may be among them.</summary>
    internal void Lost()
    {
        lock (_gate)
            Clear();
    }

    /// <summary>Whether an event is one that was expected; it is not any more.</summary>
    internal bool Take(NameChange change, ReadOnlySpan<byte> name)
    {
        var key = KeyOf(change, name);
        lock (_gate)
            return Remove(key);
    }

    private void Clear()
    {
        _counts.Clear();
        _count = 0;
    }

    private bool Remove(long key)
    {
        if (!_counts.TryGetValue(key, out var count))
            return false;
        if (count == 1)
            _counts.Remove(key);
        else
            _counts[key] = count - 1;
        _count--;
        return true;
    }

    private static long KeyOf(NameChange change, ReadOnlySpan<char> name)
    {
        Span<byte> octets = stackalloc byte[UsualName];
        return Encoding.UTF8.TryGetBytes(name, octets, out var length)
            ? KeyOf(change, octets[..length])
            : KeyOf(change, Encoding.UTF8.GetBytes(name.ToString()));
    }

    // 64 bits, keyed at random in each process: nobody outside can make a name that is taken for another.
    private static long KeyOf(NameChange change, ReadOnlySpan<byte> name)
    {
        var (high, low) = (default(HashCode), default(HashCode));
        high.Add((int)change);
        high.AddBytes(name);
        low.Add(~(int)change);
        low.AddBytes(name);
        return ((long)high.ToHashCode() << 32) | (uint)low.ToHashCode();
    }
}

/// <summary>How a name comes into a folder or goes from it.</summary>
public enum NameChange
{
    /// <summary>A file with this name was renamed away.</summary>
    MovedAway,

    /// <summary>A file was renamed to this name.</summary>
    MovedHere,

    /// <summary>The name was removed.</summary>
    Removed,
}
