using System.Net;
using System.Net.Sockets;

namespace MailServer.Server.Listening;

/// <summary>Counts connections, in all and per address. An IPv6 client has a /64 to choose addresses from (RFC 6177 §2), so that is what counts.</summary>
internal sealed class ConnectionLimits(int max, int maxPerAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private int _max = max;
    private int _maxPerAddress = maxPerAddress;

    public int Count { get; private set; }

    /// <summary>How many there may be in all.</summary>
    public int Max => Volatile.Read(ref _max);

    /// <summary>Changes the limits; connections that exist stay.</summary>
    public void Set(int max, int maxPerAddress)
    {
        lock (_lock)
            (_max, _maxPerAddress) = (max, maxPerAddress);
    }

    /// <summary>Takes a place, or says which limit is reached.</summary>
    public LimitReached TryEnter(IPAddress address)
    {
        var network = NetworkOf(address);
        lock (_lock)
        {
            if (Count >= _max)
                return LimitReached.All;
            var count = _perAddress.GetValueOrDefault(network);
            if (count >= _maxPerAddress)
                return LimitReached.PerAddress;
            _perAddress[network] = count + 1;
            Count++;
            return LimitReached.None;
        }
    }

    /// <summary>Takes a place of all for a proxy, whose clients are counted by <see cref="TryName"/> once they are known.</summary>
    public LimitReached TryEnter()
    {
        lock (_lock)
        {
            if (Count >= _max)
                return LimitReached.All;
            Count++;
            return LimitReached.None;
        }
    }

    /// <summary>Says whose the place is that a proxy has taken.</summary>
    public LimitReached TryName(IPAddress address)
    {
        var network = NetworkOf(address);
        lock (_lock)
        {
            var count = _perAddress.GetValueOrDefault(network);
            if (count >= _maxPerAddress)
                return LimitReached.PerAddress;
            _perAddress[network] = count + 1;
            return LimitReached.None;
        }
    }

    /// <summary>Gives a place back that nobody was named for.</summary>
    public void Leave()
    {
        lock (_lock)
            Count--;
    }

    /// <summary>Gives a place back.</summary>
    public void Leave(IPAddress address)
    {
        var network = NetworkOf(address);
        lock (_lock)
        {
            Count--;
            var count = _perAddress.GetValueOrDefault(network) - 1;
            if (count > 0)
                _perAddress[network] = count;
            else
                _perAddress.Remove(network);
        }
    }

    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
            return address;
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        octets[8..].Clear();
        return new(octets);
    }
}

/// <summary>Which limit a connection is refused by.</summary>
internal enum LimitReached
{
    None,
    All,
    PerAddress,
}
