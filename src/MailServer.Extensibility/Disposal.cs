using System.Runtime.CompilerServices;

namespace MailServer.Extensibility;

/// <summary>Ends what a generation holds.</summary>
internal static class Disposal
{
    /// <summary>Disposes the plugin, stops its timers and unloads its context. Returns what went wrong, as text.</summary>
    public static async ValueTask<string?> DisposeAsync(Generation.Content content, TimeSpan limit, TimeProvider time)
    {
        var problem = content.Plugin is { } plugin ? await DisposePluginAsync(plugin, limit, time).ConfigureAwait(false) : null;
        content.Time.End();
        Unload(content);
        return problem;
    }

    private static async ValueTask<string?> DisposePluginAsync(IPlugin plugin, TimeSpan limit, TimeProvider time)
    {
        Task? disposed = null;
        try
        {
            // On a thread of its own, since a plugin that blocks must not hold up more than itself.
            disposed = Task.Run(() => plugin.DisposeAsync().AsTask());
            await disposed.WaitAsync(limit, time).ConfigureAwait(false);
            return null;
        }
        catch (TimeoutException) when (disposed is { IsCompleted: false })
        {
            return $"DisposeAsync took longer than {limit.TotalSeconds:0.#} s";
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
        catch (Exception e)
#pragma warning restore CA1031
        {
            return OneLine.Of(e);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Unload(Generation.Content content)
    {
        if (content.Context.IsCollectible)
            content.Context.Unload();
    }
}
