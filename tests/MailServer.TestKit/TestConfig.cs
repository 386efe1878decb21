namespace MailServer.TestKit;

/// <summary>A configuration table made of .NET values: string, long, bool, TimeSpan, string[], TestConfig.</summary>
public sealed class TestConfig : ConfigSection
{
    private readonly Dictionary<string, object> _values;
    private readonly HashSet<string> _asked = [];

    public TestConfig(params (string Key, object Value)[] values) => _values = values.ToDictionary(v => v.Key, v => v.Value);

    public override string GetString(string key, string? fallback = null) => Get(key, fallback);

    public override long GetInt64(string key, long? fallback = null) => Get(key, fallback);

    public override bool GetBoolean(string key, bool? fallback = null) => Get(key, fallback);

    public override TimeSpan GetDuration(string key, TimeSpan? fallback = null) => Get(key, fallback);

    public override long GetSize(string key, long? fallback = null) => Get(key, fallback);

    public override IReadOnlyList<string> GetStrings(string key) => Get<string[]>(key, []);

    public override string GetPath(string key, string? fallback = null) => Get(key, fallback);

    public override ConfigSection GetSection(string key) => Get(key, new TestConfig());

    public override ConfigException Invalid(string key, string reason) => new("test.toml", 1, key, reason);

    public override void RejectUnknownKeys()
    {
        if (_values.Keys.FirstOrDefault(key => !_asked.Contains(key)) is { } unknown)
            throw Invalid(unknown, "unknown key");
    }

    private T Get<T>(string key, T? fallback)
        where T : class =>
        _asked.Add(key) | true && _values.TryGetValue(key, out var value) ? (T)value : fallback ?? throw Invalid(key, "missing");

    private T Get<T>(string key, T? fallback)
        where T : struct =>
        _asked.Add(key) | true && _values.TryGetValue(key, out var value) ? (T)value : fallback ?? throw Invalid(key, "missing");
}
