using System.Security;
using System.Text;

namespace MailServer.Server.Editing;

/// <summary>
/// What makes a folder of scripts one that VS Code or Rider opens with completion and checks: a solution with a small project for each
/// script, since C# allows statements of the top level in one file a project only. All but the solution is out of sight in <c>.editor</c>.
/// </summary>
internal sealed class RuleWorkspace(string folder)
{
    private string Editor => Path.Combine(folder, ".editor");

    /// <summary>The solution, which an editor opens.</summary>
    public string Solution => Path.Combine(folder, "rules.slnx");

    /// <summary>Files written, in order; a file that was as it should be is not among them.</summary>
    public List<string> Written { get; } = [];

    /// <summary>Writes a script or one of its tests; never over one that is there.</summary>
    /// <param name="name">Its path within the folder.</param>
    /// <param name="text">What it begins with.</param>
    /// <returns>False when it was there.</returns>
    public bool Add(string name, string text)
    {
        var path = Path.Combine(folder, name);
        if (File.Exists(path))
            return false;
        Replace(path, text);
        return true;
    }

    /// <summary>Brings the editor's files in line with the scripts that are there.</summary>
    public void Refresh()
    {
        Directory.CreateDirectory(Path.Combine(Editor, "packages"));
        var package = new RulePackage();
        var file = Path.Combine(Editor, "packages", package.FileName);
        if (!File.Exists(file))
        {
            foreach (var old in Directory.EnumerateFiles(Path.Combine(Editor, "packages"), $"{RulePackage.Id}.*.nupkg"))
                File.Delete(old);
            package.Write(file);
            Written.Add(file);
        }

        var scripts = Directory.EnumerateFiles(folder, "*.csx").Select(path => Path.GetFileName(path)!)
            .Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal).Take(MaxScripts).ToList();
        Replace(Path.Combine(Editor, "Directory.Build.props"), BuildProps(package.Version));
        Replace(Path.Combine(Editor, "Directory.Packages.props"), "<Project />\n");
        Replace(Path.Combine(Editor, "nuget.config"), PackageSources);
        foreach (var project in Directory.EnumerateFiles(Editor, "*.csproj"))
            if (!scripts.Contains(Path.GetFileNameWithoutExtension(project) + ".csx"))
                File.Delete(project);
        foreach (var script in scripts)
            Replace(Path.Combine(Editor, ProjectOf(script)), Project(script));
        Replace(Solution, SolutionOf(scripts));
        Replace(Path.Combine(folder, ".gitignore"), "/.editor/bin/\n/.editor/obj/\n", isUsers: true);
        Replace(Path.Combine(folder, ".vscode", "settings.json"), VsCodeSettings, isUsers: true);
        Replace(Path.Combine(folder, ".vscode", "tasks.json"), VsCodeTasks(Environment.ProcessPath ?? "mailserver"), isUsers: true);
    }

    // As many as the server takes up.
    private const int MaxScripts = 1000;

    private static string ProjectOf(string script) => Path.ChangeExtension(script, ".csproj");

    /// <summary>Writes what is not so already, so that nobody's editor loads anew for nothing. What is the user's own once it is there stays as it is.</summary>
    private void Replace(string path, string text, bool isUsers = false)
    {
        if (File.Exists(path) && (isUsers || File.ReadAllText(path) == text))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        Written.Add(path);
    }

    private static string Project(string script) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <ItemGroup>
            <Compile Include="../{SecurityElement.Escape(script)}" />
          </ItemGroup>
        </Project>

        """;

    private static string SolutionOf(IEnumerable<string> scripts) => $"""
        <Solution>
        {string.Concat(scripts.Select(script => $"  <Project Path=\".editor/{SecurityElement.Escape(ProjectOf(script))}\" />\n"))}</Solution>

        """;

    private static string BuildProps(string version) => $"""
        <Project>
          <!-- Written by "mailserver rules new"; written again when it is called again. -->
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <BaseIntermediateOutputPath>obj/$(MSBuildProjectName)/</BaseIntermediateOutputPath>
            <BaseOutputPath>bin/$(MSBuildProjectName)/</BaseOutputPath>
            <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="{RulePackage.Id}" Version="{version}" />
          </ItemGroup>
        </Project>

        """;

    // Nothing but the one package beside it: opening a folder of rules asks nobody in the world for anything.
    private const string PackageSources = """
        <?xml version="1.0" encoding="utf-8"?>
        <configuration>
          <packageSources>
            <clear />
            <add key="this server" value="packages" />
          </packageSources>
          <auditSources><clear /></auditSources>
        </configuration>

        """;

    private const string VsCodeSettings = """
        {
          "files.associations": { "*.csx": "csharp" },
          "files.exclude": { ".editor": true },
          "dotnet.defaultSolution": "rules.slnx"
        }

        """;

    private static string VsCodeTasks(string program) => $$"""
        {
          "version": "2.0.0",
          "tasks": [
            {{Task(program, "check")}},
            {{Task(program, "test")}}
          ]
        }

        """;

    private static string Task(string program, string verb) => $$"""
        {
              "label": "rules {{verb}}",
              "type": "process",
              "command": "{{JsonOf(program)}}",
              "args": ["rules", "{{verb}}", "${workspaceFolder}"],
              "problemMatcher": {
                "owner": "rules",
                "fileLocation": ["autoDetect", "${workspaceFolder}"],
                "pattern": { "regexp": "^(.+\\.csx)\\((\\d+),(\\d+)\\): (?:(warning) )?(.*)$", "file": 1, "line": 2, "column": 3, "severity": 4, "message": 5 }
              }
            }
        """;

    private static string JsonOf(string text) => System.Text.Json.JsonEncodedText.Encode(text).ToString();
}
