using System.Text.Json;
using MailServer.Extensibility;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using MailServer.Server.Hosting;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver plugin list|reload|check</c>.</summary>
internal static class PluginCommand
{
    /// <summary>Lists the plugins of the running server, or else those on disk.</summary>
    public static async Task<int> ListAsync(string file, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        var reply = await ControlClient.AskAsync(config.DataDirectory, new() { Command = "plugins" }, cancellationToken).ConfigureAwait(false);
        var plugins = reply?.Plugins ?? [.. PluginInventory.In(config.PluginDirectory).Select(plugin => OnDisk(plugin.Folder, plugin.Manifest, plugin.Error))];
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(plugins, PrintJson.Default.IReadOnlyListPluginReport)).ConfigureAwait(false);
        else
            StatusCommand.PrintPlugins(Screen.Create(), plugins);
        return ExitCode.Done;
    }

    /// <summary>Has the running server make new generations.</summary>
    public static async Task<int> ReloadAsync(string file, string? id, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        var reply = await ControlClient.AskAsync(config.DataDirectory, new() { Command = "reload", Target = id }, cancellationToken).ConfigureAwait(false);
        if (reply?.Reloads is not { } results)
            return await ExitCode.FailAsync(ExitCode.No, $"no server runs with the data directory {config.DataDirectory}").ConfigureAwait(false);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(results, PrintJson.Default.IReadOnlyListReloadReport)).ConfigureAwait(false);
        else
            foreach (var result in results)
                await (result.Failure is null ? Console.Out : Console.Error).WriteLineAsync(
                    result.Failure is { } failure ? $"{result.Id}: {failure}" : $"{result.Id}: generation {result.Generation} is in service").ConfigureAwait(false);
        return results.Any(result => result.Failure is not null) ? ExitCode.No : ExitCode.Done;
    }

    /// <summary>Says whether plugin folders could be loaded, without loading them.</summary>
    public static async Task<int> CheckAsync(string file, string[] folders)
    {
        var plugins = folders.Length > 0 ? folders.Select(Read) : PluginInventory.In(ConfigReader.Read(file).PluginDirectory);
        var isGood = true;
        foreach (var (folder, manifest, error) in plugins)
        {
            isGood &= error is null;
            if (manifest is null)
            {
                await Console.Error.WriteLineAsync(error).ConfigureAwait(false);
                continue;
            }

            await Console.Out.WriteLineAsync($"{folder}: {manifest.Id} {manifest.FileVersion}, contract {manifest.Contract}").ConfigureAwait(false);
            foreach (var finding in PluginReview.Of(Path.GetFullPath(folder), manifest))
                await Console.Error.WriteLineAsync($"warning: {finding}").ConfigureAwait(false);
        }

        return isGood ? ExitCode.Done : ExitCode.No;
    }

    private static (string Folder, PluginManifest? Manifest, string? Error) Read(string folder)
    {
        try
        {
            return (folder, PluginManifest.Read(Path.GetFullPath(folder)), null);
        }
        catch (PluginLoadException e)
        {
            return (folder, null, e.Message);
        }
    }

    private static PluginReport OnDisk(string folder, PluginManifest? manifest, string? error) => new()
    {
        Id = manifest?.Id ?? Path.GetFileName(folder),
        Version = manifest?.FileVersion,
        State = error is null ? "on disk" : "failed",
        Generation = 0,
        RetiredAlive = 0,
        IsLeaking = false,
        Sessions = 0,
        Protocols = [],
        Contract = manifest?.Contract,
        Folder = folder,
        LastError = error,
    };
}
