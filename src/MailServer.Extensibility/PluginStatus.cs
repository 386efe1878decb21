namespace MailServer.Extensibility;

/// <summary>How a plugin stands.</summary>
public enum PluginState
{
    /// <summary>The newest files are in service.</summary>
    Active,
    /// <summary>Newer files or a newer configuration did not work: what ran before goes on, see <see cref="PluginStatus.LastError"/>.</summary>
    Kept,
    /// <summary>The folder is gone; what runs goes on until the server restarts.</summary>
    Removed,
    /// <summary>Nothing of it is in service, see <see cref="PluginStatus.LastError"/>.</summary>
    Failed,
}

/// <summary>One plugin, as <c>mailserver status</c> shows it.</summary>
public sealed record PluginStatus
{
    /// <summary>The plugin's id; the folder's name when the id could not be read.</summary>
    public required string Id { get; init; }

    /// <summary>The folder it comes from.</summary>
    public required string Folder { get; init; }

    /// <summary>How it stands.</summary>
    public required PluginState State { get; init; }

    /// <summary>The generation in service, counted from 1; 0 when there is none.</summary>
    public int Generation { get; init; }

    /// <summary>The version of its main assembly.</summary>
    public string? FileVersion { get; init; }

    /// <summary>The contract version it was built against.</summary>
    public string? Contract { get; init; }

    /// <summary>The protocols it serves.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>Sessions that run on it now, old generations included.</summary>
    public int Sessions { get; init; }

    /// <summary>Why the last load did not work, in one line; null when it did.</summary>
    public string? LastError { get; init; }

    /// <summary>Older generations that are still in memory.</summary>
    public IReadOnlyList<RetiredGeneration> Retired { get; init; } = [];

    /// <summary>How many older generations are still in memory; 0 when every session has moved and nothing leaks.</summary>
    public int RetiredAlive => Retired.Count;
}

/// <summary>A generation that a newer one has replaced and that is still in memory.</summary>
public sealed record RetiredGeneration
{
    /// <summary>Which.</summary>
    public required int Generation { get; init; }

    /// <summary>Sessions and calls that still run on it; 0 when it only waits to be collected.</summary>
    public required int Leases { get; init; }

    /// <summary>Whether it is still in memory long after its last lease: something holds on to it.</summary>
    public required bool IsLeaking { get; init; }
}

/// <summary>A plugin that could not be loaded.</summary>
public sealed record PluginFailure
{
    /// <summary>The plugin's id; the folder's name when the id could not be read.</summary>
    public required string Id { get; init; }

    /// <summary>One line that names the file and the reason.</summary>
    public required string Reason { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id}: {Reason}";
}

/// <summary>What a reload came to.</summary>
public sealed record PluginResult
{
    /// <summary>The plugin's id; the folder's name when the id could not be read.</summary>
    public required string Id { get; init; }

    /// <summary>The generation in service now; 0 when there is none.</summary>
    public required int Generation { get; init; }

    /// <summary>Why there is no new generation, in one line; null when there is one.</summary>
    public string? Failure { get; init; }
}
