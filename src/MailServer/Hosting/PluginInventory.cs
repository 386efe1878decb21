using MailServer.Extensibility;

namespace MailServer.Server.Hosting;

/// <summary>The plugins in a directory, by their manifests; none is loaded.</summary>
internal static class PluginInventory
{
    /// <summary>Each plugin folder with its manifest, or with what is wrong.</summary>
    public static IEnumerable<(string Folder, PluginManifest? Manifest, string? Error)> In(string directory)
    {
        if (!Directory.Exists(directory))
            yield break;
        foreach (var folder in Directory.GetDirectories(directory).Where(folder => !Path.GetFileName(folder).StartsWith('.')).Order(StringComparer.Ordinal))
        {
            PluginManifest? manifest = null;
            string? error = null;
            try
            {
                manifest = PluginManifest.Read(folder);
            }
            catch (PluginLoadException e)
            {
                error = e.Message;
            }

            yield return (folder, manifest, error);
        }
    }

    /// <summary>The ids that a configuration may name. A folder that cannot be read counts by its name.</summary>
    public static IReadOnlyCollection<string> IdsIn(string directory) =>
        [.. In(directory).Select(plugin => plugin.Manifest?.Id ?? Path.GetFileName(plugin.Folder).ToLowerInvariant()).Distinct()];
}
