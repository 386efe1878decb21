namespace MailServer.Server.Configuration;

/// <summary>A key with its value and place. The value is a text, long, bool, double, <see cref="TomlTable"/>, <see cref="TomlList"/>, or null for a kind we have no use for.</summary>
internal sealed record TomlEntry(string Key, int Line, object? Value)
{
    /// <summary>What the value is, in TOML's words.</summary>
    public string Kind => Value switch
    {
        string => "a text",
        long => "a number",
        bool => "true or false",
        double => "a fraction",
        TomlTable => "a table",
        TomlList => "a list",
        _ => "a date or time",
    };
}

/// <summary>Values in brackets, or the tables of a <c>[[name]]</c>.</summary>
internal sealed class TomlList(bool isOfTables)
{
    /// <summary>Whether it was written as <c>[[name]]</c>, so that more may follow.</summary>
    public bool IsOfTables => isOfTables;

    public List<TomlEntry> Items { get; } = [];
}

/// <summary>A table with its place in the file.</summary>
internal sealed class TomlTable(string path, int line)
{
    private readonly Dictionary<string, TomlEntry> _entries = new(StringComparer.Ordinal);

    /// <summary>Its dotted name, as in <c>plugins.smtp</c>; empty for the file's top.</summary>
    public string Path => path;

    public int Line { get; set; } = line;

    /// <summary>Whether its header stood in the file; a second one is an error.</summary>
    public bool IsDefined { get; set; }

    /// <summary>Whether it was written in braces: then nothing can be added later.</summary>
    public bool IsInline { get; set; }

    public IEnumerable<TomlEntry> Entries => _entries.Values.OrderBy(entry => entry.Line);

    public TomlEntry? Find(string key) => _entries.GetValueOrDefault(key);

    public void Add(TomlEntry entry) => _entries.Add(entry.Key, entry);

    /// <summary>The dotted name of a key in here, quoted where TOML asks for it.</summary>
    public string NameOf(string key)
    {
        var name = key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? key : $"\"{key}\"";
        return path.Length == 0 ? name : $"{path}.{name}";
    }
}
