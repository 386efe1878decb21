namespace MailServer.Extensibility;

/// <summary>What a plugin provides, each under the role it was added for (an object may be added for several).</summary>
internal sealed class RoleList
{
    private readonly List<(Type Role, object Instance)> _roles = [];
    private volatile bool _isSealed;

    /// <summary>The contract's types of which there is one or more.</summary>
    public Type[] Kinds => [.. _roles.Select(role => role.Role).Distinct()];

    public void Add<T>(T instance)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (_isSealed)
            throw new InvalidOperationException("roles are added in ConfigureAsync only");
        if (instance is IProtocolHandler { Protocol: var protocol } && Of<IProtocolHandler>().Any(handler => handler.Protocol == protocol))
            throw new InvalidOperationException($"protocol \"{protocol}\" is added twice");
        _roles.Add((typeof(T), instance));
    }

    public IEnumerable<T> Of<T>()
        where T : class => _roles.Where(role => role.Role == typeof(T)).Select(role => (T)role.Instance);

    public void Seal() => _isSealed = true;
}
