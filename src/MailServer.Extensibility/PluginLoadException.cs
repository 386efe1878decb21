namespace MailServer.Extensibility;

/// <summary>A plugin cannot be loaded. The message is one line that names the file and the reason, and holds no object of the plugin's.</summary>
public sealed class PluginLoadException : Exception
{
    internal PluginLoadException(string path, string reason, LoadProblem kind = LoadProblem.Final)
        : base($"{path}: {reason}") => Kind = kind;

    /// <summary>Takes a line that names both already.</summary>
    internal PluginLoadException(string line)
        : base(line)
    {
    }

    /// <summary>Whether looking again may help.</summary>
    internal LoadProblem Kind { get; }
}

/// <summary>What may become of a folder that cannot be loaded.</summary>
internal enum LoadProblem
{
    /// <summary>It stays so until its files change.</summary>
    Final,
    /// <summary>A file looks as if it were still being written.</summary>
    Unfinished,
    /// <summary>No assembly in it is a plugin, or not yet.</summary>
    NoPlugin,
}
