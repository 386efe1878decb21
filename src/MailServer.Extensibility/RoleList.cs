namespace MailServer.Extensibility;

/// <summary>What a plugin provides, each under the role it was added for (an object may be added for several).</summary>
internal sealed class RoleList
{
    // A listener's word in the configuration.
    private const int MaxProtocolLength = 64;

    private readonly List<(Type Role, object Instance)> _roles = [];
    private readonly Dictionary<string, IProtocolHandler> _handlers = new(StringComparer.Ordinal);
    private volatile bool _isSealed;

    /// <summary>The contract's types of which there is one or more.</summary>
    public Type[] Kinds => [.. _roles.Select(role => role.Role).Distinct()];

    public void Add<T>(T instance)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (_isSealed)
            throw new InvalidOperationException("roles are added in ConfigureAsync only");
        if (typeof(T) == typeof(IProtocolHandler))
            AddHandler((IProtocolHandler)instance);
        _roles.Add((typeof(T), instance));
    }

    /// <summary>The protocols that are served. Asked once for each handler, under the plugin's own time limit and boundary.</summary>
    public string[] Protocols => [.. _handlers.Keys];

    /// <summary>The handler of one of the <see cref="Protocols"/>.</summary>
    public IProtocolHandler HandlerOf(string protocol) => _handlers[protocol];

    public IEnumerable<T> Of<T>()
        where T : class => _roles.Where(role => role.Role == typeof(T)).Select(role => (T)role.Instance);

    public void Seal() => _isSealed = true;

    private void AddHandler(IProtocolHandler handler)
    {
        var protocol = handler.Protocol;
        if (protocol is null || protocol.Length is 0 or > MaxProtocolLength || protocol.Any(c => c is <= ' ' or > '~'))
            throw new InvalidOperationException($"a protocol's name is 1 to {MaxProtocolLength} printable characters without blanks");
        if (!_handlers.TryAdd(protocol, handler))
            throw new InvalidOperationException($"protocol \"{protocol}\" is added twice");
    }
}
