using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

public sealed class ReviewTests
{
    [Fact]
    public void The_review_finds_what_keeps_old_code_and_what_is_the_hosts()
    {
        using var folder = new TempDirectory();
        File.WriteAllBytes(folder.File("Plugin.dll"), PluginSource.Misfit().With("case \"none\":", """
            case "everything":
                await Task.Delay(1);
                await Task.Delay(TimeSpan.Zero, host.Time);
                using (new PeriodicTimer(TimeSpan.FromHours(1))) { }
                using (new PeriodicTimer(TimeSpan.FromHours(1), host.Time)) { }
                System.Text.Json.JsonSerializer.Serialize(this);
                AppDomain.CurrentDomain.ProcessExit += (_, _) => { };
                System.Runtime.InteropServices.GCHandle.Alloc(this).Free();
                Microsoft.Extensions.Logging.LoggerFactoryExtensions.CreateLogger<MisfitPlugin>(host.Logging);
                break;
            case "none":
            """).Compile());
        File.WriteAllBytes(folder.File("MailServer.Abstractions.dll"), []);

        var findings = PluginReview.Of(folder.Path, Manifest);

        Assert.Equal(
            [
                "MailServer.Abstractions.dll: the server brings this itself",
                "Plugin.dll: AppDomain.ProcessExit keeps",
                "Plugin.dll: CreateLogger<T> of a plugin's type",
                "Plugin.dll: ILogger<T> of a plugin's type",
                "Plugin.dll: JsonSerializer.Serialize by reflection",
                "Plugin.dll: a GCHandle that is not freed",
                "Plugin.dll: a PeriodicTimer without the host's clock",
                "Plugin.dll: a Task.Delay without the host's clock",
                "Plugin.dll: a Timer that is not disposed",
            ],
            findings.Select(finding => finding[(folder.Path.Length + 1)..]), StartsWith);
    }

    [Fact]
    public void The_review_finds_nothing_in_a_plugin_that_does_as_it_should()
    {
        using var folder = new TempDirectory();
        File.WriteAllBytes(folder.File("Plugin.dll"), PluginSource.Echo("v1").Compile());
        Assert.Empty(PluginReview.Of(folder.Path, PluginManifest.Read(folder.Path)));
    }

    private static PluginManifest Manifest => new() { Id = "misfit", EntryPoint = "x", Contract = "1.0", FileVersion = "1", FileName = "Plugin.dll" };

    private static bool StartsWith(string expected, string actual) => actual.StartsWith(expected, StringComparison.Ordinal);
}
