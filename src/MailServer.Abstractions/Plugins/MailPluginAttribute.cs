namespace MailServer;

/// <summary>Names the plugin and its entry point. The host reads it from metadata, before any plugin code runs.</summary>
/// <param name="id">Short id, also the name of the plugin's table in the configuration: <c>[plugins.smtp]</c>.</param>
/// <param name="entryPoint">A public type with a parameterless constructor that implements <see cref="IPlugin"/>.</param>
/// <param name="contract">Leave out: the compiler fills in the version that the plugin was built against.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class MailPluginAttribute(string id, Type entryPoint, string contract = ContractVersion.Current) : Attribute
{
    /// <summary>The plugin's short id.</summary>
    public string Id { get; } = id;

    /// <summary>The type the host constructs.</summary>
    public Type EntryPoint { get; } = entryPoint;

    /// <summary>The contract version the plugin was built against.</summary>
    public string Contract { get; } = contract;
}
