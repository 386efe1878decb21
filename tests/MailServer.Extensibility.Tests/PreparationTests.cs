using System.Runtime;

namespace MailServer.Extensibility.Tests;

public sealed class PreparationTests
{
    private const int Methods = 5_000;

    [Fact]
    public async Task What_is_in_service_and_what_comes_later_is_compiled_before_it_is_called_and_still_unloads()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        workshop.DeployByCopy("Large", Large(first: 1));
        Assert.Empty(await workshop.StartAsync());

        // Other tests in this process have something compiled too, but not so much.
        var before = JitInfo.GetCompiledMethodCount();
        workshop.Manager.Prepare();
        await Workshop.UntilAsync(() => JitInfo.GetCompiledMethodCount() - before, count => count >= Methods);

        before = JitInfo.GetCompiledMethodCount();
        workshop.DeployByCopy("Large", Large(first: 2));
        await workshop.UntilGenerationAsync("large", 2);
        await Workshop.UntilAsync(() => JitInfo.GetCompiledMethodCount() - before, count => count >= Methods);
        await workshop.UntilCollectedAsync("large");
    }

    [Fact]
    public async Task A_session_ends_it()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        workshop.DeployByCopy("Large", Large(first: 3));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();
        var before = JitInfo.GetCompiledMethodCount();
        workshop.Manager.Prepare();
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.InRange(JitInfo.GetCompiledMethodCount() - before, 0, Methods - 1);
    }

    [Fact]
    public async Task Nothing_is_compiled_before_it_is_asked_for()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Large", Large(first: 1));
        var before = JitInfo.GetCompiledMethodCount();
        Assert.Empty(await workshop.StartAsync());
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.InRange(JitInfo.GetCompiledMethodCount() - before, 0, Methods - 1);
    }

    private static PluginSource Large(int first) => new($$"""
        [assembly: MailServer.MailPlugin("large", typeof(Large))]
        public sealed class Large : MailServer.IPlugin
        {
            public ValueTask ConfigureAsync(MailServer.IPluginHost host, CancellationToken cancellationToken) => default;
            public ValueTask DisposeAsync() => default;
            private T Generic<T>(T value) => value;
            {{string.Join("\n", Enumerable.Range(first, Methods).Select(i => $"private int M{i}(int x) => x * {i};"))}}
        }
        """);
}
