namespace MailServer.Extensibility;

/// <summary>A look at the plugin folders.</summary>
internal sealed record Scan
{
    /// <summary>All folders, each with the hash of its files; null when it could not be read or changed meanwhile.</summary>
    public required IReadOnlyDictionary<string, string?> Hashes { get; init; }

    /// <summary>Load this plugin alone.</summary>
    public string? OnlyId { get; init; }

    /// <summary>Load also what has not changed.</summary>
    public bool IsForced { get; init; }

    /// <summary>Leave what looks unfinished to the next look.</summary>
    public bool IsPatient { get; init; }

    /// <summary>Looks at a directory.</summary>
    public static IReadOnlyDictionary<string, string?> HashAll(string directory) =>
        PluginFolder.In(directory).ToDictionary(folder => folder, PluginFolder.Hash);
}

/// <summary>What a look came to.</summary>
internal sealed class ScanReport
{
    /// <summary>Whether something looked unfinished.</summary>
    public bool LookAgain { get; set; }

    /// <summary>Whether a plugin that was refused for its protocol may be right now.</summary>
    public bool IsProtocolFree { get; set; }

    /// <summary>The plugins that were loaded, or should have been.</summary>
    public List<PluginResult> Results { get; } = [];
}
