using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

public sealed class FolderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_half_written_file_is_never_loaded(bool isUpdate)
    {
        // A file that looks unfinished is waited for as long as it grows.
        await using var workshop = new Workshop(timings: new() { Quiet = TimeSpan.FromMilliseconds(5), Unfinished = TimeSpan.FromSeconds(30) });
        if (isUpdate)
            workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        var image = PluginSource.Echo("v2").Compile();

        Directory.CreateDirectory(workshop.Folder("Echo"));
        await using (var file = new FileStream(Path.Combine(workshop.Folder("Echo"), "Plugin.dll"), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            for (var done = 0; done < image.Length; done += 512)
            {
                await file.WriteAsync(image.AsMemory(done, Math.Min(512, image.Length - done)));
                await Task.Delay(15);
                if (done + 512 >= image.Length)
                    break;
                var seen = workshop.Manager.Status().FirstOrDefault(plugin => plugin.Id == "echo");
                Assert.Equal((isUpdate ? 1 : 0, null), (seen?.Generation ?? 0, seen?.LastError));
            }
        }

        await workshop.UntilGenerationAsync("echo", isUpdate ? 2 : 1);
        await using var client = await workshop.ConnectAsync();
        Assert.Equal("NOOP v2 1", await client.AskAsync("NOOP"));
    }

    [Fact]
    public async Task A_half_written_library_holds_the_plugin_back()
    {
        await using var workshop = new Workshop(timings: new() { Quiet = TimeSpan.FromMilliseconds(5), Unfinished = TimeSpan.FromSeconds(30) });
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        var library = PluginSource.Misfit().With("[assembly: MailPlugin(\"misfit\", typeof(Fixtures.MisfitPlugin))]", "").Compile("Library");
        var path = Path.Combine(workshop.Folder("Echo"), "Library.dll");

        await File.WriteAllBytesAsync(path, library[..1024]);
        workshop.DeployByCopy("Echo", PluginSource.Echo("v2"));
        await Task.Delay(200);
        Assert.Equal((1, null), (workshop.StatusOf("echo").Generation, workshop.StatusOf("echo").LastError));

        await File.WriteAllBytesAsync(path, library);
        await workshop.UntilGenerationAsync("echo", 2);
    }

    [Fact]
    public async Task A_removed_folder_is_noted_and_the_plugin_runs_on_until_the_folder_comes_back()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();

        Directory.Delete(workshop.Folder("Echo"), recursive: true);
        await Workshop.UntilAsync(() => workshop.StatusOf("echo").State, state => state is PluginState.Removed);
        Assert.Equal("NOOP v1 1", await client.AskAsync("NOOP"));
        await using (var other = await workshop.ConnectAsync())
            Assert.Equal("NOOP v1 1", await other.AskAsync("NOOP"));
        Assert.Contains("no folder here holds a plugin with the id \"echo\"", Assert.Single(await workshop.ReloadAsync("echo")).Failure, StringComparison.Ordinal);

        workshop.DeployByCopy("Echo again", PluginSource.Echo("v2"));
        await workshop.UntilGenerationAsync("echo", 2);
        Assert.Equal((PluginState.Active, workshop.Folder("Echo again")), (workshop.StatusOf("echo").State, workshop.StatusOf("echo").Folder));
        await workshop.UntilCollectedAsync("echo");
        Assert.Equal("NOOP v2 2", await client.AskAsync("NOOP"));
    }

    [Fact]
    public async Task Two_plugins_of_one_protocol_are_an_error_that_names_both()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        workshop.DeployByCopy("Misfit", PluginSource.Misfit("echo"));

        var failure = Assert.Single(await workshop.StartAsync());

        Assert.Equal($"{workshop.Folder("Misfit")}/Plugin.dll: plugins \"misfit\" and \"echo\" both serve protocol \"echo\"; \"echo\" goes on", failure.Reason);
        Assert.Equal("misfit", failure.Id);
        await using (var client = await workshop.ConnectAsync())
            Assert.Equal("NOOP v1 1", await client.AskAsync("NOOP"));

        // When the other one gives the protocol up, the same files are right.
        workshop.DeployByCopy("Echo", PluginSource.Echo("v2").With("=> \"echo\"", "=> \"echo2\""));
        await workshop.UntilGenerationAsync("echo", 2);
        await Workshop.UntilAsync(() => workshop.StatusOf("misfit"), status => status.State is PluginState.Active && status.LastError is null);
    }

    [Fact]
    public async Task Two_folders_of_one_id_are_an_error_that_names_both()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("A", PluginSource.Echo("v1"));
        workshop.DeployByCopy("B", PluginSource.Echo("v2"));
        var failure = Assert.Single(await workshop.StartAsync());
        Assert.Equal($"{workshop.Folder("B")}: id \"echo\" is that of {workshop.Folder("A")} already; this folder is not used", failure.Reason);
        Assert.Equal(workshop.Folder("A"), workshop.StatusOf("echo").Folder);
    }

    [Fact]
    public async Task Only_what_is_named_is_loaded_and_what_is_named_and_missing_is_said()
    {
        await using var workshop = new Workshop(load: ["echo", "imap"]);
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        workshop.DeployByCopy("Misfit", PluginSource.Misfit("throw"));
        Directory.CreateDirectory(workshop.Folder("Notes"));
        var failure = Assert.Single(await workshop.StartAsync());
        Assert.Equal("imap: " + $"{workshop.Plugins}: no folder here holds a plugin with the id \"imap\"", failure.ToString());
        Assert.Equal(["echo", "imap"], workshop.Manager.Status().Select(plugin => plugin.Id));
    }

    [Fact]
    public async Task A_change_of_the_configuration_makes_a_new_generation_of_the_same_files()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();

        workshop.Config["echo"] = new TestConfig(("greeting", "good day"));
        Assert.Equal(new PluginResult { Id = "echo", Generation = 2 }, Assert.Single(await workshop.ReloadAsync("echo")));
        var other = workshop.Connect();
        Assert.Equal("good day", await other.ReadLineAsync());
        await other.DisposeAsync();

        workshop.Config["echo"] = new TestConfig(("greeting", "good day"), ("gretting", "misspelt"));
        Assert.Equal("test.toml(1): gretting: unknown key", Assert.Single(await workshop.ReloadAsync("echo")).Failure);
        Assert.Equal((PluginState.Kept, 2), (workshop.StatusOf("echo").State, workshop.StatusOf("echo").Generation));
        Assert.Equal("NOOP v1 1", await client.AskAsync("NOOP"));
        await workshop.UntilCollectedAsync("echo");
    }

    [Fact]
    public async Task Without_hot_reload_plugins_stay_as_they_were_at_the_start_and_reload_says_so()
    {
        await using var workshop = new Workshop(hotReload: false);
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();
        Assert.False(Directory.Exists(Path.Combine(workshop.Shadow, "generations")));

        workshop.DeployByRenameOfFile("Echo", PluginSource.Echo("v2"));
        var result = Assert.Single(await workshop.ReloadAsync());

        Assert.Equal($"{workshop.Folder("Echo")}: hot_reload is off: changed files are loaded at the next start", result.Failure);
        Assert.Equal((1, PluginState.Kept), (result.Generation, workshop.StatusOf("echo").State));
        Assert.Equal("NOOP v1 1", await client.AskAsync("NOOP"));
    }

    [Fact]
    public async Task Without_hot_reload_a_change_of_the_configuration_is_taken_up_all_the_same()
    {
        await using var workshop = new Workshop(hotReload: false);
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();
        workshop.Config["echo"] = new TestConfig(("greeting", "good day"));
        Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
        var other = workshop.Connect();
        Assert.Equal("good day", await other.ReadLineAsync());
        await other.DisposeAsync();
        Assert.Equal("NOOP v1 1", await client.AskAsync("NOOP"));
        Assert.Equal(2, workshop.StatusOf("echo").Generation);
        await workshop.UntilCollectedAsync("echo");
    }

    [Fact]
    public async Task A_folder_that_is_a_link_is_followed_and_its_exchange_is_seen()
    {
        await using var workshop = new Workshop();
        using var releases = new TempDirectory();
        foreach (var version in new[] { "v1", "v2" })
        {
            Directory.CreateDirectory(releases.File(version));
            File.WriteAllBytes(Path.Combine(releases.File(version), "Plugin.dll"), PluginSource.Echo(version).Compile());
        }

        Directory.CreateSymbolicLink(workshop.Folder("Echo"), releases.File("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();
        Directory.CreateSymbolicLink(workshop.Folder(".Echo"), releases.File("v2"));
        MailServer.Posix.DurableFile.Rename(workshop.Folder(".Echo"), workshop.Folder("Echo"));

        await workshop.UntilGenerationAsync("echo", 2);
        await workshop.UntilCollectedAsync("echo");
        Assert.Equal("NOOP v2 1", await client.AskAsync("NOOP"));
    }

    [Fact]
    public async Task A_reload_that_is_given_up_blames_nobody()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Misfit", PluginSource.Misfit());
        Assert.Empty(await workshop.StartAsync());
        workshop.Config["misfit"] = new TestConfig(("way", "hang"));
        using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await workshop.Manager.ReloadAsync("misfit", giveUp.Token));
        Assert.Equal((PluginState.Active, 1, null), (workshop.StatusOf("misfit").State, workshop.StatusOf("misfit").Generation, workshop.StatusOf("misfit").LastError));
        await workshop.UntilCollectedAsync("misfit");
    }

    [Fact]
    public async Task A_plugins_directory_that_comes_later_is_seen()
    {
        await using var workshop = new Workshop();
        Directory.Delete(workshop.Plugins);
        Assert.Empty(await workshop.StartAsync());
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        await workshop.UntilGenerationAsync("echo", 1);
    }

    [Fact]
    public async Task Copies_of_generations_are_deleted_with_them()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Directory.CreateDirectory(Path.Combine(workshop.Shadow, "generations", "echo", "17"));
        Assert.Empty(await workshop.StartAsync());
        Assert.Equal(["1"], Copies(workshop));
        Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
        await workshop.UntilCollectedAsync("echo");
        Assert.Equal(["2"], Copies(workshop));
    }

    private static string?[] Copies(Workshop workshop) =>
        [.. Directory.GetDirectories(Path.Combine(workshop.Shadow, "generations", "echo")).Select(Path.GetFileName)];
}
