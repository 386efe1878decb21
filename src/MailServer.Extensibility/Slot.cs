using System.Reflection;

namespace MailServer.Extensibility;

/// <summary>A plugin's place: one for each id. Changed by the catalogue alone, under its gate.</summary>
internal sealed class Slot(string id, string folder)
{
    public string Id => id;

    /// <summary>Where its files are; another after a rename of the folder.</summary>
    public string Folder { get; set; } = folder;

    /// <summary>The generation in service.</summary>
    public Generation? Current { get; set; }

    /// <summary>Hash of the files that were loaded last, whether it worked or not: the same ones are not tried again by themselves.</summary>
    public string? TriedHash { get; set; }

    /// <summary>Why the last load did not work.</summary>
    public string? LastError { get; set; }

    /// <summary>The protocol that another plugin serves, when that is why the last load did not work.</summary>
    public string? AwaitedProtocol { get; set; }

    /// <summary>Whether the folder is gone.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The number of the last generation, whether it worked or not.</summary>
    public int LastNumber { get; set; }

    /// <summary>The assembly, when it is loaded in place and for the life of the process.</summary>
    public Assembly? InPlace { get; set; }

    public PluginState State => this switch
    {
        { Current: null } => PluginState.Failed,
        { IsRemoved: true } => PluginState.Removed,
        { LastError: not null } => PluginState.Kept,
        _ => PluginState.Active,
    };
}
