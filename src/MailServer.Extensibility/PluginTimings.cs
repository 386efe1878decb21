namespace MailServer.Extensibility;

/// <summary>How long the manager waits for what. Tests wait less.</summary>
internal sealed record PluginTimings
{
    /// <summary>For a plugin's ConfigureAsync and DisposeAsync: both may talk to a database, neither may hold up the others for ever.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a folder must stay the same before it is read: copying a file pauses less.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(120);

    /// <summary>How long a file that looks unfinished may stay so before that is an error.</summary>
    public TimeSpan Unfinished { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long after its last lease a context may be in memory before it counts as leaking.</summary>
    public TimeSpan Audit { get; init; } = TimeSpan.FromSeconds(30);
}
