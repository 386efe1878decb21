using System.Text.RegularExpressions;
using MailServer.Server.Configuration;
using MailServer.TestKit;

namespace MailServer.Server.Tests;

/// <summary>docs/configuration.md has each key that the server knows, with its type and default, and no other.</summary>
public sealed partial class ConfigDocsTests
{
    private static readonly Dictionary<KeyType, string> Types = new()
    {
        [KeyType.Text] = "text",
        [KeyType.Path] = "path",
        [KeyType.Number] = "number",
        [KeyType.Boolean] = "true or false",
        [KeyType.Time] = "time",
        [KeyType.Size] = "size",
        [KeyType.Texts] = "list of texts",
    };

    [Fact]
    public void The_documentation_and_the_code_know_the_same_keys()
    {
        var rows = new List<string>();
        var table = "";
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "docs", "configuration.md")))
            if (line.StartsWith('#'))
                table = Heading().Match(line).Groups["table"].Value;
            else if (Row().Match(line) is { Success: true } row && !IsOfPlugin(table))
                rows.Add($"{table} {row.Groups["key"].Value}: {row.Groups["type"].Value}, {row.Groups["default"].Value}");

        Assert.Equal(ConfigKeys.All.Select(key => $"{key.Table} {key.Name}: {Types[key.Type]}, {DefaultOf(key)}"), rows);
    }

    [Fact]
    public void Each_default_can_be_written_into_the_file()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory.File("c.pem"), "");
        var values = ConfigKeys.All.Where(key => key.Default is { Length: > 0 }).GroupBy(key => key.Table)
            .ToDictionary(group => group.Key, group => string.Concat(group.Select(key => $"{key.Name} = {Written(key)}\n")));
        var text = $"""
            [server]
            hostname = "mx.example.org"
            data = "data"
            {values["[server]"]}
            [store]
            {values["[store]"]}
            [[listeners]]
            name = "mx"
            address = "127.0.0.1:25"
            protocol = "smtp"
            {values["[[listeners]]"]}
            [tls]
            certificate = "c.pem"
            key = "c.pem"
            {values["[tls]"]}
            [limits]
            {values["[limits]"]}
            [submission]
            {values["[submission]"]}
            [queue]
            {values["[queue]"]}
            [log]
            {values["[log]"]}
            [filters.x]
            {values["[filters.NAME]"]}
            [rules]
            {values["[rules]"]}
            """;

        var config = ConfigReader.Read(directory.File("m.toml"), text);

        Assert.Equal(TimeSpan.FromSeconds(10), config.Filters["x"].TimeLimit);
        Assert.Equal(10, values.Count);
    }

    private static bool IsOfPlugin(string table) => table.StartsWith("[plugins.", StringComparison.Ordinal);

    private static string DefaultOf(ConfigKey key) => key.Default switch
    {
        null => "required",
        "" => "–",
        _ => $"`{Written(key)}`",
    };

    private static string Written(ConfigKey key) => key.Type is KeyType.Number or KeyType.Boolean or KeyType.Texts ? key.Default! : $"\"{key.Default}\"";

    [GeneratedRegex("^##+ `(?<table>[^`]+)`")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| `(?<key>[^`]+)` \| (?<type>[^|]+?) \| (?<default>.+?) \| ")]
    private static partial Regex Row();
}
