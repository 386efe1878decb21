namespace MailServer.Server.Configuration;

/// <summary>All that is wrong with a configuration file, each as one line: <c>file(line): key: reason</c>.</summary>
internal sealed class ConfigErrors(string file)
{
    // Enough to repair a file in one go; a file of another kind altogether would fill the screen.
    private const int MaxErrors = 50;

    private readonly List<ConfigException> _errors = [];

    public string File => file;

    public bool Any => _errors.Count > 0;

    /// <summary>The errors in order of lines.</summary>
    public IReadOnlyList<ConfigException> List => [.. _errors.OrderBy(error => error.Line)];

    public void Add(int line, string key, string reason) => Add(new ConfigException(file, line, key, reason));

    public void Add(ConfigException error)
    {
        if (_errors.Count < MaxErrors && !_errors.Exists(other => other.Message == error.Message))
            _errors.Add(error);
    }
}

/// <summary>A configuration that cannot be used. The message has a line for each error.</summary>
internal sealed class BrokenConfigException(IReadOnlyList<ConfigException> errors)
    : Exception(string.Join('\n', errors.Select(error => error.Message)))
{
    public IReadOnlyList<ConfigException> Errors => errors;
}
