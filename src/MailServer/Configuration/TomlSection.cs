namespace MailServer.Server.Configuration;

/// <summary>A table of the file as the rest of the server and plugins see it. Knows what it was asked for.</summary>
internal sealed class TomlSection(string file, TomlTable table) : ConfigSection
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TomlSection> _inner = new(StringComparer.Ordinal);

    public override string GetString(string key, string? fallback = null) => Find(key) switch
    {
        null => fallback ?? throw Missing(key),
        { Value: string text } => text,
        var entry => throw Wrong(entry, "a text in quotes"),
    };

    public override long GetInt64(string key, long? fallback = null) => Find(key) switch
    {
        null => fallback ?? throw Missing(key),
        { Value: long number } => number,
        var entry => throw Wrong(entry, "a whole number"),
    };

    public override bool GetBoolean(string key, bool? fallback = null) => Find(key) switch
    {
        null => fallback ?? throw Missing(key),
        { Value: bool flag } => flag,
        var entry => throw Wrong(entry, "true or false"),
    };

    public override TimeSpan GetDuration(string key, TimeSpan? fallback = null) => Find(key) switch
    {
        null => fallback ?? throw Missing(key),
        { Value: string text } => Units.TryReadTime(text, out var time) ? time : throw Invalid(key, $"\"{text}\": a time as \"5m\" (ms s m h d) is expected"),
        var entry => throw Wrong(entry, "a time as \"5m\""),
    };

    public override long GetSize(string key, long? fallback = null) => Find(key) switch
    {
        null => fallback ?? throw Missing(key),
        { Value: long and >= 0 and var number } => number,
        { Value: string text } => Units.TryReadSize(text, out var size) ? size : throw Invalid(key, $"\"{text}\": a size as \"50MiB\" (B KiB MiB GiB) is expected"),
        var entry => throw Wrong(entry, "a size as \"50MiB\""),
    };

    public override IReadOnlyList<string> GetStrings(string key)
    {
        if (Find(key) is not { } entry)
            return [];
        if (entry.Value is not TomlList { IsOfTables: false } list)
            throw Wrong(entry, "a list of texts");
        var texts = new List<string>(list.Items.Count);
        foreach (var item in list.Items)
            texts.Add(item.Value as string ?? throw new ConfigException(file, item.Line, table.NameOf(key), $"a list of texts is expected, and one item is {item.Kind}"));
        return texts;
    }

    public override string GetPath(string key, string? fallback = null)
    {
        var path = GetString(key, fallback);
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            throw Invalid(key, "a path cannot be empty");
        return Path.GetFullPath(path, FolderOf(file));
    }

    public override ConfigSection GetSection(string key) => SectionAt(key);

    public override ConfigException Invalid(string key, string reason) => new(file, LineOf(key), table.NameOf(key), reason);

    public override void RejectUnknownKeys()
    {
        if (UnknownKeys().FirstOrDefault() is { } unknown)
            throw unknown;
    }

    /// <summary>An error for each key that nobody asked for, inner tables included.</summary>
    public IEnumerable<ConfigException> UnknownKeys() =>
        table.Entries.Where(entry => !_asked.Contains(entry.Key)).Select(entry => new ConfigException(file, entry.Line, table.NameOf(entry.Key), "unknown key"))
            .Concat(_inner.Values.SelectMany(inner => inner.UnknownKeys()));

    /// <summary>Whether the key is set.</summary>
    public bool Has(string key) => table.Find(key) is not null;

    /// <summary>The line of a key, or of the table when it is not set.</summary>
    public int LineOf(string key) => table.Find(key)?.Line ?? (table.Path.Length == 0 ? 0 : table.Line);

    /// <summary>Somebody else answers for this key.</summary>
    public void Take(string key) => _asked.Add(key);

    /// <summary>The names of the tables in here that nobody has asked for.</summary>
    public IReadOnlyList<string> TableNames => [.. table.Entries.Where(entry => entry.Value is TomlTable && !_asked.Contains(entry.Key)).Select(entry => entry.Key)];

    public TomlSection SectionAt(string key)
    {
        if (_inner.TryGetValue(key, out var known))
            return known;
        return _inner[key] = Find(key) switch
        {
            null => new(file, new(table.NameOf(key), 0)),
            { Value: TomlTable inner } => new(file, inner),
            var entry => throw Wrong(entry, "a table"),
        };
    }

    /// <summary>The tables written as <c>[[key]]</c>.</summary>
    public IReadOnlyList<TomlSection> SectionsAt(string key) => Find(key) switch
    {
        null => [],
        { Value: TomlList list } entry => [.. list.Items.Select((item, i) => item.Value is TomlTable inner ? Keep($"{key}[{i}]", new(file, inner)) : throw Wrong(entry, $"tables, written as [[{key}]],"))],
        var entry => throw Wrong(entry, $"tables, written as [[{key}]],"),
    };

    private TomlSection Keep(string name, TomlSection section) => _inner[name] = section;

    private static string FolderOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";

    private TomlEntry? Find(string key)
    {
        _asked.Add(key);
        return table.Find(key);
    }

    private ConfigException Missing(string key) => new(file, LineOf(key), table.NameOf(key), "missing");

    private ConfigException Wrong(TomlEntry entry, string expected) =>
        new(file, entry.Line, table.NameOf(entry.Key), $"{expected} is expected, not {entry.Kind}");
}
