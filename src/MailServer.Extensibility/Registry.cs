using System.Collections.Frozen;

namespace MailServer.Extensibility;

/// <summary>The generations in service. A swap is one exchange; who asks sees all of the old or all of the new.</summary>
internal sealed class Registry
{
    private Snapshot _current = new([]);

    /// <summary>The generations in service, in load order.</summary>
    public IReadOnlyList<Generation> Generations => Volatile.Read(ref _current).Generations;

    /// <summary>Puts a set in service. The caller retires what is no longer in it. Not for use by two threads at once.</summary>
    public void Swap(IReadOnlyList<Generation> generations) => Interlocked.Exchange(ref _current, new([.. generations]));

    /// <summary>The serial number of the generation that serves a protocol; 0 when there is none.</summary>
    public long SerialOf(string protocol) => Volatile.Read(ref _current).ByProtocol.TryGetValue(protocol, out var generation) ? generation.Serial : 0;

    /// <summary>Leases the generation that serves a protocol, or null when there is none.</summary>
    public Generation? Lease(string protocol)
    {
        while (Volatile.Read(ref _current).ByProtocol.TryGetValue(protocol, out var generation))
        {
            if (generation.TryLease())
                return generation;
            // It was swapped and ended between the look and the lease: look again.
        }

        return null;
    }

    /// <summary>Leases all providers of a role.</summary>
    public RoleLease<T> Lease<T>()
        where T : class
    {
        var items = new List<PluginRole<T>>();
        var leased = new List<Generation>();
        while (!TryLeaseAll(items, leased))
        {
            items.Clear();
            leased.ForEach(generation => generation.Release());
            leased.Clear();
        }

        return new(items, leased);
    }

    private bool TryLeaseAll<T>(List<PluginRole<T>> items, List<Generation> leased)
        where T : class
    {
        foreach (var generation in Generations)
        {
            if (!generation.Provides(typeof(T)))
                continue;
            if (!generation.TryLease())
                return false;
            leased.Add(generation);
            items.AddRange(generation.RolesOf<T>().Select(role => new PluginRole<T>(generation.Id, role)));
        }

        return true;
    }

    private sealed class Snapshot(Generation[] generations)
    {
        public Generation[] Generations { get; } = generations;

        public FrozenDictionary<string, Generation> ByProtocol { get; } =
            generations.SelectMany(generation => generation.Protocols, (generation, protocol) => KeyValuePair.Create(protocol, generation)).ToFrozenDictionary(StringComparer.Ordinal);
    }
}
