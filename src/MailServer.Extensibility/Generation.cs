using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace MailServer.Extensibility;

/// <summary>One load of a plugin: its objects, and the leases that keep them.</summary>
/// <remarks>
/// Invariants: the count starts at one, the registry's own lease, which a swap gives back; once it has reached zero nobody gets a lease again.
/// Then the graveyard disposes the plugin and empties this object, which from there on holds nothing of it but a weak reference.
/// </remarks>
internal sealed class Generation
{
    private readonly Graveyard _graveyard;
    private volatile Content? _content;
    private readonly Type[] _provided;
    private int _leases = 1;

    public Generation(PluginManifest manifest, int number, long serial, string? shadow, Content content, Graveyard graveyard)
    {
        (Manifest, Number, Serial, Shadow) = (manifest, number, serial, shadow);
        (_content, _graveyard) = (content, graveyard);
        Context = new(content.Context, trackResurrection: true);
        _provided = content.Roles.Kinds;
        Protocols = content.Roles.Protocols;
    }

    public PluginManifest Manifest { get; }

    public string Id => Manifest.Id;

    /// <summary>Counted for each plugin.</summary>
    public int Number { get; }

    /// <summary>Counted over all plugins.</summary>
    public long Serial { get; }

    /// <summary>The folder with the copies it was loaded from; null when it was loaded in place.</summary>
    public string? Shadow { get; }

    /// <summary>The load context, alive or not.</summary>
    public WeakReference Context { get; }

    /// <summary>The protocols it serves.</summary>
    public IReadOnlyList<string> Protocols { get; }

    /// <summary>Sessions and calls that run on it, without the registry's own lease.</summary>
    public int Leases => Math.Max(0, Volatile.Read(ref _leases) - (IsRetired ? 0 : 1));

    /// <summary>Whether a newer generation has taken its place.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Whether it was still in memory when the audit gave up waiting.</summary>
    public bool IsLeaking { get; set; }

    public bool TryLease()
    {
        var leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            var seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
                return true;
            leases = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
            _graveyard.Bury(this);
    }

    /// <summary>Gives back the registry's own lease.</summary>
    public void Retire()
    {
        IsRetired = true;
        _graveyard.Expect(this);
        Release();
    }

    /// <summary>Whether it provides any of a role; a type of the contract. Needs no lease.</summary>
    public bool Provides(Type role) => Array.IndexOf(_provided, role) >= 0;

    /// <summary>The providers of a role. Only under a lease.</summary>
    public IEnumerable<T> RolesOf<T>()
        where T : class => _content?.Roles.Of<T>() ?? [];

    /// <summary>Its main assembly. Only under a lease.</summary>
    public Assembly? Assembly => _content?.Assembly;

    /// <summary>The handler of a protocol. Only under a lease.</summary>
    public IProtocolHandler HandlerOf(string protocol) =>
        _content?.Roles.HandlerOf(protocol) ?? throw new InvalidOperationException("not under a lease");

    /// <summary>Takes the plugin out, to be disposed. After this the generation is empty.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Content? Empty() => Interlocked.Exchange(ref _content, null);

    /// <summary>All that is of the plugin's types.</summary>
    /// <param name="assembly">Its main assembly.</param>
    /// <param name="time">Its clock, with the timers that still run.</param>
    internal sealed class Content(Assembly assembly, GenerationTime time)
    {
        public Assembly Assembly => assembly;

        public GenerationTime Time => time;

        public AssemblyLoadContext Context { get; } = AssemblyLoadContext.GetLoadContext(assembly) ?? AssemblyLoadContext.Default;

        public RoleList Roles { get; } = new();

        /// <summary>The entry point; null when it could not be constructed.</summary>
        public IPlugin? Plugin { get; set; }
    }
}
