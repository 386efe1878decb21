namespace MailServer.Extensibility;

/// <summary>One thing that a plugin provides.</summary>
/// <typeparam name="T">The role's contract type.</typeparam>
/// <param name="PluginId">Whose it is.</param>
/// <param name="Instance">The plugin's object. Not to be kept beyond the lease.</param>
public readonly record struct PluginRole<T>(string PluginId, T Instance)
    where T : class;

/// <summary>Holds all providers of a role as they are now; none of them is disposed or unloaded before the lease is.</summary>
/// <typeparam name="T">The role's contract type.</typeparam>
public sealed class RoleLease<T> : IDisposable
    where T : class
{
    private readonly IReadOnlyList<Generation> _leased;
    private bool _isDisposed;

    internal RoleLease(IReadOnlyList<PluginRole<T>> items, IReadOnlyList<Generation> leased) => (Items, _leased) = (items, leased);

    /// <summary>The providers, in load order.</summary>
    public IReadOnlyList<PluginRole<T>> Items { get; private set; }

    /// <summary>Gives them back.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        // A lease object that somebody keeps must not keep a plugin.
        Items = [];
        foreach (var generation in _leased)
            generation.Release();
    }
}
