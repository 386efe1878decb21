namespace MailServer;

/// <summary>A table of the configuration file, read-only. Errors are <see cref="ConfigException"/>s that name file, line and key.</summary>
/// <remarks>Values are asked for, never bound by reflection: a host-side type cache would keep the plugin from unloading.</remarks>
public abstract class ConfigSection
{
    /// <summary>A text value. Without <paramref name="fallback"/> the key must be there.</summary>
    public abstract string GetString(string key, string? fallback = null);

    /// <summary>A number.</summary>
    public abstract long GetInt64(string key, long? fallback = null);

    /// <summary>True or false.</summary>
    public abstract bool GetBoolean(string key, bool? fallback = null);

    /// <summary>A span of time, as <c>"5m"</c> (<c>ms s m h d</c>).</summary>
    public abstract TimeSpan GetDuration(string key, TimeSpan? fallback = null);

    /// <summary>A size in bytes, as <c>"50MiB"</c> (<c>B KiB MiB GiB</c>) or a plain number.</summary>
    public abstract long GetSize(string key, long? fallback = null);

    /// <summary>A list of texts; empty when absent.</summary>
    public abstract IReadOnlyList<string> GetStrings(string key);

    /// <summary>A file or folder; a relative path is relative to the configuration file.</summary>
    public abstract string GetPath(string key, string? fallback = null);

    /// <summary>An inner table; empty when absent.</summary>
    public abstract ConfigSection GetSection(string key);

    /// <summary>Makes the error for a value that is of the right type but makes no sense.</summary>
    /// <param name="key">The key whose value is wrong.</param>
    /// <param name="reason">What is wrong with it, without the key's name.</param>
    public abstract ConfigException Invalid(string key, string reason);

    /// <summary>Fails on keys that nobody asked for, so that a misspelt key is an error and not a silence.</summary>
    public abstract void RejectUnknownKeys();
}
