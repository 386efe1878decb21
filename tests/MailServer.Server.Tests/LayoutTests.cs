using System.Diagnostics;
using System.Text.Json;
using MailServer.TestKit;

namespace MailServer.Server.Tests;

/// <summary>What lies beside the executable.</summary>
public sealed class LayoutTests
{
    private static readonly string Folder = Path.GetDirectoryName(ServerProcess.Executable)!;

    public static TheoryData<string> Plugins => ["Auth.PasswordFile", "Imap", "Pop3", "Smtp"];

    [Theory]
    [MemberData(nameof(Plugins))]
    public void A_plugin_lies_in_its_folder_without_what_the_host_gives(string name)
    {
        var files = Directory.GetFiles(Path.Combine(Folder, "plugins", name), "*.dll").Select(file => Path.GetFileName(file)!).ToArray();

        Assert.Contains($"MailServer.Plugins.{name}.dll", files);
        Assert.DoesNotContain(files, file => file != $"MailServer.Plugins.{name}.dll" && IsHosts(file));
    }

    [Fact]
    public void The_rule_host_lies_beside_with_its_compiler()
    {
        Assert.True(File.Exists(Path.Combine(Folder, "rulehost", "MailServer.RuleHost.dll")));
        Assert.True(File.Exists(Path.Combine(Folder, "rulehost", "Microsoft.CodeAnalysis.CSharp.dll")));
        Assert.False(File.Exists(Path.Combine(Folder, "Microsoft.CodeAnalysis.dll")));
    }

    [Fact]
    public void The_runtime_is_set_for_a_small_machine()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "mailserver.runtimeconfig.json")));
        var properties = config.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");

        Assert.True(properties.GetProperty("System.GC.Concurrent").GetBoolean());
        Assert.False(properties.GetProperty("System.GC.Server").GetBoolean());
        Assert.False(properties.GetProperty("System.Runtime.TieredPGO").GetBoolean());
        Assert.True(properties.GetProperty("System.Globalization.Invariant").GetBoolean());
    }

    [Fact]
    public async Task A_published_folder_has_all_that_serve_and_demo_need()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet",
        [
            "msbuild", Path.Combine(Repository.Root, "src", "MailServer"), "-nologo", "-t:ResolveReferences;ComputeResolvedFilesToPublishList;PublishFilesBeside", "-getItem:ResolvedFileToPublish",
            "-p:BuildProjectReferences=false", $"-p:Configuration={(Folder.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug")}",
        ])
        {
            RedirectStandardOutput = true,
        })!;
        using var items = JsonDocument.Parse(await process.StandardOutput.ReadToEndAsync());
        var files = items.RootElement.GetProperty("Items").GetProperty("ResolvedFileToPublish").EnumerateArray()
            .Select(item => item.GetProperty("RelativePath").GetString()!.Replace('\\', '/')).ToHashSet();

        string[] needed =
        [
            "mailserver.sample.toml", "MailServer.Pipeline.dll", "rulehost/MailServer.RuleHost.dll", "rulehost/MailServer.RuleHost.runtimeconfig.json",
            "maildir-sample/outbox/01-plain.eml", "maildir-sample/alice/new/.keep", "scripts/examples/10-lists.csx", "MailServer.Rules.xml", "MailServer.Abstractions.xml",
            .. Plugins.Select(plugin => $"plugins/{plugin.Data}/MailServer.Plugins.{plugin.Data}.dll"),
        ];
        Assert.Empty(needed.Except(files));
        Assert.DoesNotContain(files, file => file.StartsWith("plugins/", StringComparison.Ordinal) && IsHosts(Path.GetFileName(file)) && !file.Contains("MailServer.Plugins.", StringComparison.Ordinal));
    }

    private static bool IsHosts(string file) =>
        file.StartsWith("MailServer.", StringComparison.Ordinal) && file.EndsWith(".dll", StringComparison.Ordinal) || File.Exists(Path.Combine(Folder, file)) || file.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal);
}
