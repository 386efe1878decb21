namespace MailServer;

/// <summary>The configuration is wrong. The message is one line: <c>file(line): key: reason</c>.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>Names the place and the reason.</summary>
    /// <param name="file">The configuration file.</param>
    /// <param name="line">The line, counted from 1; 0 when it is the whole file.</param>
    /// <param name="key">The dotted key, or empty.</param>
    /// <param name="reason">What is wrong.</param>
    public ConfigException(string file, int line, string key, string reason)
        : base($"{file}{(line > 0 ? $"({line})" : "")}: {(key.Length > 0 ? key + ": " : "")}{reason}") =>
        (File, Line, Key, Reason) = (file, line, key, reason);

    /// <summary>The configuration file.</summary>
    public string File { get; }

    /// <summary>The line, counted from 1; 0 when it is the whole file.</summary>
    public int Line { get; }

    /// <summary>The dotted key, or empty.</summary>
    public string Key { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }
}
