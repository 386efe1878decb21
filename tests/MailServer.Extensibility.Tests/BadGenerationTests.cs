using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

public sealed class BadGenerationTests
{
    public static TheoryData<string, string> Bad => new()
    {
        { "throws in configuration", "OwnException: I always fail and say so in two lines" },
        { "refuses its configuration", "test.toml(1): way: I do not like it" },
        { "adds a protocol twice", "protocol \"echo\" is added twice" },
        { "an exception without a message", "EvilException: (without a message)" },
        { "a protocol without a name", "a protocol's name is 1 to 64 printable characters without blanks" },
        { "a protocol that throws", "InvalidOperationException: which one?" },
        { "newer contract", $"built for contract 1.99, this server has {ContractVersion.Current}: a newer server is needed" },
        { "other contract", $"built for contract 2.0, this server has {ContractVersion.Current}: build it anew" },
        { "no version", "contract \"soon\" is not a version" },
        { "cut off", "the file is cut off" },
        { "cut off early", "not a .NET assembly, or cut off" },
        { "text", "not a .NET assembly, or cut off" },
        { "empty", "empty file" },
        { "not an assembly", "not a .NET assembly, or cut off" },
        { "no manifest", "no assembly here carries MailPluginAttribute" },
        { "no entry point", "entry point Fixtures.EchoHandler does not implement IPlugin" },
        { "hidden entry point", "entry point Fixtures.EchoPlugin is not a public type with a parameterless constructor" },
        { "foreign entry point", "the entry point must be a type of the assembly that carries MailPluginAttribute" },
        { "bad id", "id \"../echo\": 1 to 64 of a-z, 0-9" },
        { "two plugins", "both Other.dll and Plugin.dll carry MailPluginAttribute" },
        { "a missing library", "Could not load file or assembly 'Library, " },
        { "unknown key", "test.toml(1): colour: unknown key" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_generation_that_does_not_work_leaves_the_old_one_in_service_and_the_status_says_why(string fault, string reason)
    {
        await using var workshop = new Workshop();
        workshop.DeployByRename("Plugin", PluginSource.Echo("old"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();

        Deploy(workshop, fault);
        await Workshop.UntilAsync(() => workshop.StatusOf("echo"), status => status.LastError is not null);

        var status = workshop.StatusOf("echo");
        Assert.Equal((PluginState.Kept, 1), (status.State, status.Generation));
        Assert.Contains(reason, status.LastError, StringComparison.Ordinal);
        Assert.StartsWith(status.LastError!.Contains("test.toml", StringComparison.Ordinal) ? "test.toml" : workshop.Folder("Plugin"), status.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', status.LastError);
        Assert.Equal("NOOP old 1", await client.AskAsync("NOOP"));
        await using (var other = await workshop.ConnectAsync())
            Assert.Equal("NOOP old 1", await other.AskAsync("NOOP"));

        // Rollback: what worked before works again, and nothing of the bad one remains.
        workshop.Config.Clear();
        Directory.Delete(workshop.Folder("Plugin"), recursive: true);
        workshop.DeployByCopy("Plugin", PluginSource.Echo("mended"));
        await Workshop.UntilAsync(() => workshop.StatusOf("echo"), status => status.State is PluginState.Active && status.LastError is null);
        await workshop.UntilCollectedAsync("echo");
        Assert.Equal("NOOP mended 2", await client.AskAsync("NOOP"));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_plugin_that_does_not_work_from_the_start_is_reported_and_the_others_run(string fault, string reason)
    {
        await using var workshop = new Workshop();
        workshop.DeployByRename("Roles", PluginSource.Roles("roles", "good"));
        Deploy(workshop, fault);

        var failure = Assert.Single(await workshop.StartAsync());

        Assert.Contains(reason, failure.Reason, StringComparison.Ordinal);
        Assert.Equal(PluginState.Active, workshop.StatusOf("roles").State);
        Assert.Equal((PluginState.Failed, 0), (workshop.StatusOf(failure.Id).State, workshop.StatusOf(failure.Id).Generation));
        Assert.False(workshop.Manager.Serves("echo"));
    }

    private static void Deploy(Workshop workshop, string fault)
    {
        var good = PluginSource.Echo("bad");
        var misfit = PluginSource.Misfit().With("\"misfit\"", "\"echo\"");
        var (image, way) = fault switch
        {
            "throws in configuration" => (misfit.Compile(), "throw"),
            "refuses its configuration" => (misfit.Compile(), "refuse"),
            "adds a protocol twice" => (misfit.Compile(), "twice"),
            "an exception without a message" => (misfit.Compile(), "evil"),
            "a protocol without a name" => (good.With("=> \"echo\"", "=> null!").Compile(), null),
            "a protocol that throws" => (good.With("=> \"echo\"", "=> throw new InvalidOperationException(\"which one?\")").Compile(), null),
            "newer contract" => (good.With("EchoPlugin))]", "EchoPlugin), \"1.99\")]").Compile(), null),
            "other contract" => (good.With("EchoPlugin))]", "EchoPlugin), \"2.0\")]").Compile(), null),
            "no version" => (good.With("EchoPlugin))]", "EchoPlugin), \"soon\")]").Compile(), null),
            "cut off" => (good.Compile()[..^512], null),
            "cut off early" => (good.Compile()[..100], null),
            "text" => ("This is no program."u8.ToArray(), null),
            "empty" => ([], null),
            "not an assembly" => (new byte[4096], null),
            "no manifest" => (good.With("[assembly: MailPlugin(\"echo\", typeof(Fixtures.EchoPlugin))]", "").Compile(), null),
            "no entry point" => (good.With("EchoPlugin))]", "EchoHandler))]").Compile(), null),
            "hidden entry point" => (good.With("public sealed class EchoPlugin", "internal sealed class EchoPlugin").Compile(), null),
            "foreign entry point" => (good.With("typeof(Fixtures.EchoPlugin)", "typeof(string)").Compile(), null),
            "bad id" => (good.With("(\"echo\"", "(\"../echo\"").Compile(), null),
            "two plugins" => (good.Compile(), null),
            "a missing library" => (good.With("hello", "hi").Compile(), null),
            "unknown key" => (good.Compile(), (string?)null),
            _ => throw new ArgumentException(fault),
        };

        if (way is not null)
            workshop.Config["echo"] = new TestConfig(("way", way));
        if (fault == "unknown key")
            workshop.Config["echo"] = new TestConfig(("colour", "blue"));
        if (fault == "two plugins")
        {
            Directory.CreateDirectory(workshop.Folder("Plugin"));
            File.WriteAllBytes(Path.Combine(workshop.Folder("Plugin"), "Other.dll"), PluginSource.Roles("other", "1").Compile("Other"));
        }

        if (fault == "a missing library")
            image = Needy();
        workshop.DeployByCopy("Plugin", image);
    }

    /// <summary>A plugin whose entry point needs an assembly that is nowhere.</summary>
    private static byte[] Needy() => PluginSource.Echo("needy").With("host.Add(", "Missing.Library.Touch(); host.Add(").CompileAgainst(
        "namespace Missing; public static class Library { public static void Touch() { } }");
}
