namespace MailServer.Extensibility;

/// <summary>Where plugins are and how they are loaded: the table <c>[plugins]</c> of the configuration.</summary>
public sealed record PluginOptions
{
    /// <summary>The directory with one folder for each plugin. Folders whose name starts with a dot are not looked at.</summary>
    public required string Directory { get; init; }

    /// <summary>Ids to load, in the order in which authenticators, filters and rules are asked. Null: all that are in the directory, by id.</summary>
    public IReadOnlyList<string>? Load { get; init; }

    /// <summary>Whether a changed folder is taken up while the server runs. False: ordinary load contexts, less memory, no watching.</summary>
    public bool HotReload { get; init; } = true;

    /// <summary>Where plugins are copied before they are loaded. Its folder <c>generations</c> is the manager's own and emptied at start.</summary>
    public required string ShadowDirectory { get; init; }
}
