using System.Xml.Linq;
using MailServer.TestKit;

namespace MailServer.Architecture.Tests;

/// <summary>The arrows between the rooms, as docs/adr and the projects' README draw them: each room may use those below it, no other.</summary>
public sealed class DependencyTests
{
    // What a room may reference; everything else is an arrow too many.
    private static readonly Dictionary<string, (string[] Rooms, string[] Packages)> Rooms = new()
    {
        ["Abstractions"] = ([], ["Microsoft.Extensions.Logging.Abstractions", "Microsoft.CodeAnalysis.PublicApiAnalyzers"]),
        ["Wire"] = ([], []),
        ["Posix"] = ([], []),
        ["Storage"] = (["Abstractions", "Wire", "Posix"], ["Microsoft.Data.Sqlite", "MimeKit"]),
        ["Accounts"] = (["Abstractions", "Wire"], ["Konscious.Security.Cryptography.Argon2"]),
        ["Rules"] = (["Abstractions", "Posix"], []),
        ["Extensibility"] = (["Abstractions", "Posix"], ["McMaster.NETCore.Plugins"]),
        ["Pipeline"] = (["Abstractions", "Wire", "Posix", "Storage", "Accounts", "Rules", "Extensibility"], ["MimeKit"]),
        ["RuleHost"] = (["Abstractions", "Rules"], ["Microsoft.CodeAnalysis.CSharp.Scripting"]),
        [""] = (["Abstractions", "Wire", "Posix", "Storage", "Accounts", "Rules", "Extensibility", "Pipeline"],
            ["Spectre.Console", "System.CommandLine", "Tomlyn"]),
    };

    public static TheoryData<string> Projects(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Sources => Projects("src");

    public static TheoryData<string> Plugins => Projects("plugins");

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_room_references_only_rooms_below_it(string project)
    {
        Assert.True(Rooms.TryGetValue(RoomOf(project), out var allowed), $"{project} is a room that no rule names");
        Assert.Empty(References(project).Select(RoomOf).Except(allowed.Rooms));
        Assert.Empty(Packages(project).Except(allowed.Packages));
    }

    [Theory]
    [MemberData(nameof(Plugins))]
    public void A_plugin_references_only_the_contract_and_the_grammar(string project)
    {
        Assert.Empty(References(project));
        Assert.Empty(References("plugins/Directory.Build.props").Select(RoomOf).Except(["Abstractions", "Wire"]));
    }

    [Fact]
    public void Every_room_is_there_and_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "MailServer.sln"));
        Assert.Equal(Rooms.Keys.Order(StringComparer.Ordinal), Projects("src").Select(row => RoomOf(row.Data)).Order(StringComparer.Ordinal));
        foreach (var project in new[] { "src", "plugins", "tests", "bench" }.SelectMany(folder => Projects(folder).Select(row => row.Data)))
            Assert.Contains(Path.GetFileName(project), solution, StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_are_central_and_pinned()
    {
        foreach (var project in new[] { "src", "plugins", "tests", "bench" }.SelectMany(folder => Projects(folder).Select(row => row.Data)))
            Assert.DoesNotContain(Load(project).Descendants("PackageReference"), package => package.Attribute("Version") is not null);
        Assert.All(Load("Directory.Packages.props").Descendants("PackageVersion"),
            package => Assert.Matches(@"^\d+(\.\d+)+$", package.Attribute("Version")!.Value));
    }

    private static XDocument Load(string project) => XDocument.Load(Path.Combine(Repository.Root, project));

    /// <summary>References that the compiler sees: a project that is only built along (plugins, the rule host) is no arrow.</summary>
    private static IEnumerable<string> References(string project) =>
        Load(project).Descendants("ProjectReference")
            .Where(reference => reference.Attribute("ReferenceOutputAssembly")?.Value != "false")
            .Select(reference => reference.Attribute("Include")!.Value);

    private static IEnumerable<string> Packages(string project) =>
        Load(project).Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value);

    private static string RoomOf(string project) =>
        Path.GetFileNameWithoutExtension(project.Replace('\\', '/')) is var name && name == "MailServer" ? "" : name["MailServer.".Length..];
}
