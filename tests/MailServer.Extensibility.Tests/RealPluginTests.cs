using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

public sealed class RealPluginTests
{
    public static TheoryData<string> Names => RealPlugins.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_plugins_folder_holds_nothing_of_the_hosts(string name)
    {
        var hosts = Directory.GetFiles(AppContext.BaseDirectory, "MailServer.*.dll").Select(Path.GetFileName)
            .Concat(["MailServer.Abstractions.dll", "MailServer.Wire.dll", "Microsoft.Extensions.Logging.Abstractions.dll", "MimeKit.dll", "BouncyCastle.Cryptography.dll"]);
        var own = Directory.GetFiles(RealPlugins.OutputOf(name), "*.dll").Select(Path.GetFileName).ToArray();
        Assert.Contains($"MailServer.Plugins.{name}.dll", own);
        Assert.Empty(own.Intersect(hosts, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_plugin_calls_nothing_that_keeps_old_code_in_memory(string name)
    {
        var manifest = PluginManifest.Read(RealPlugins.OutputOf(name));
        Assert.Equal(ContractVersion.Current, manifest.Contract);
        Assert.Equal(name.ToLowerInvariant(), manifest.Id);
        Assert.Empty(PluginReview.Of(RealPlugins.OutputOf(name), manifest));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_plugin_is_loaded_reloaded_and_collected(string name)
    {
        await using var workshop = new Workshop();
        await File.WriteAllTextAsync(Path.Combine(workshop.Plugins, "users"), "alice@example.org:{PLAIN}secret\n");
        workshop.Config["auth.passwordfile"] = new TestConfig(("file", Path.Combine(workshop.Plugins, "users")));
        workshop.Deploy(name);
        Assert.Empty(await workshop.StartAsync());
        var id = Assert.Single(workshop.Manager.Status()).Id;
        for (var reload = 1; reload <= 5; reload++)
            Assert.Equal(new PluginResult { Id = id, Generation = reload + 1 }, Assert.Single(await workshop.ReloadAsync(id)));
        await workshop.UntilCollectedAsync(id);
    }
}
