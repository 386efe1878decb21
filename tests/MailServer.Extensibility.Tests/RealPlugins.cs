using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

/// <summary>The project's own plugins, as their builds left them.</summary>
internal static class RealPlugins
{
    // bin/CONFIGURATION/FRAMEWORK, the same for all projects.
    private static readonly string Output = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "MailServer.Extensibility.Tests"), AppContext.BaseDirectory);

    public static TheoryData<string> Names => [.. Directory.GetDirectories(Path.Combine(Repository.Root, "plugins"))
        .Where(folder => Directory.GetFiles(folder, "*Plugin.cs").Length > 0).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    public static string OutputOf(string name) => Path.Combine(Repository.Root, "plugins", name, Output);

    /// <summary>Copies a plugin's files into a workshop's plugin folder.</summary>
    public static void Deploy(this Workshop workshop, string name)
    {
        Directory.CreateDirectory(workshop.Folder(name));
        foreach (var file in Directory.GetFiles(OutputOf(name)))
            File.Copy(file, Path.Combine(workshop.Folder(name), Path.GetFileName(file)), overwrite: true);
    }
}
