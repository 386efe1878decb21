using System.Diagnostics;
using MailServer.TestKit;

namespace MailServer.Server.Tests;

/// <summary><c>mailserver rules new</c>, as a process, and what an editor's build makes of the folder.</summary>
public sealed class RulesNewTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Folder => _directory.File("rules");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_new_folder_has_a_script_that_is_good_and_all_that_an_editor_needs()
    {
        Assert.Equal(0, (await NewAsync()).Code);

        Assert.Equal(
            [".editor/10-first.csproj", ".editor/Directory.Build.props", ".editor/Directory.Packages.props", ".editor/nuget.config", ".gitignore", ".vscode/settings.json", ".vscode/tasks.json", "10-first.csx", "rules.slnx", "tests/list.eml", "tests/list.expect"],
            Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path))
                .Where(path => !path.StartsWith(".editor/packages/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Single(Directory.GetFiles(Path.Combine(Folder, ".editor", "packages"), "MailServer.Rules.*.nupkg"));
        Assert.Equal(0, (await ServerProcess.RunAsync("", "rules", "check", Folder)).Code);
        Assert.Equal(0, (await ServerProcess.RunAsync("", "rules", "test", Folder)).Code);
    }

    [Fact]
    public async Task Called_again_it_changes_nothing_of_the_users_and_takes_up_what_came_and_went()
    {
        await NewAsync();
        await File.WriteAllTextAsync(Path.Combine(Folder, "10-first.csx"), "Keep();\n");
        await File.WriteAllTextAsync(Path.Combine(Folder, ".vscode", "settings.json"), "{}");
        Assert.Equal(0, (await NewAsync("20-shops")).Code);
        var projects = Directory.GetFiles(Path.Combine(Folder, ".editor"), "*.csproj").Select(Path.GetFileName).Order();

        Assert.Equal("Keep();\n", await File.ReadAllTextAsync(Path.Combine(Folder, "10-first.csx")));
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(Folder, ".vscode", "settings.json")));
        Assert.Equal(["10-first.csproj", "20-shops.csproj"], projects);

        File.Delete(Path.Combine(Folder, "10-first.csx"));
        var (_, output, _) = await ServerProcess.RunAsync("", "rules", "new", Folder, "--json");
        Assert.Contains("rules.slnx", output);
        Assert.DoesNotContain("10-first", await File.ReadAllTextAsync(Path.Combine(Folder, "rules.slnx")));
        Assert.False(File.Exists(Path.Combine(Folder, ".editor", "10-first.csproj")));
        Assert.Contains("\"written\": []", (await ServerProcess.RunAsync("", "rules", "new", Folder, "--json")).Output);
    }

    [Theory]
    [InlineData("10-first.csx", 1)]
    [InlineData("../x", 2)]
    [InlineData(".hidden", 2)]
    [InlineData("a b", 2)]
    [InlineData(".csx", 2)]
    public async Task A_script_that_is_there_or_has_no_name_is_refused(string script, int code)
    {
        await NewAsync();
        var before = await File.ReadAllTextAsync(Path.Combine(Folder, "10-first.csx"));

        var (got, _, error) = await NewAsync(script);

        Assert.Equal(code, got);
        Assert.Contains(script, error);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(Folder, "10-first.csx")));
    }

    [Fact]
    public async Task An_editors_build_agrees_with_the_server_about_what_is_right_and_where_it_is_wrong()
    {
        Directory.CreateDirectory(Folder);
        foreach (var example in new[] { "10-lists.csx", "30-work.csx", "40-receipts.csx", "60-invitations.csx" })
            File.Copy(Path.Combine(Repository.Root, "scripts", "examples", example), Path.Combine(Folder, example));
        await File.WriteAllTextAsync(Path.Combine(Folder, "99-wrong.csx"), "Keep();\nif (Mail.Form.IsIn(\"x.example\"))\n    Stop();\n");
        await NewAsync();

        using var build = Process.Start(new ProcessStartInfo("dotnet", ["build", "rules.slnx", "-v:q", "-nologo", "-clp:NoSummary;ErrorsOnly", "-nodeReuse:false"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
        })!;
        var said = (await build.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await build.WaitForExitAsync();

        Assert.StartsWith($"{Folder}/99-wrong.csx(2,10): error CS1061: 'Mail' does not contain a definition for 'Form'", Assert.Single(said.Where(line => line.Contains(": error ", StringComparison.Ordinal)).Distinct()));
        Assert.Contains("99-wrong.csx(2,10): CS1061 ", (await ServerProcess.RunAsync("", "rules", "check", Folder)).Error);
    }

    private Task<(int Code, string Output, string Error)> NewAsync(params string[] more) => ServerProcess.RunAsync("", ["rules", "new", Folder, .. more]);
}
