using System.Text;
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

    /// <summary>The text that every protocol answers NOOP with.</summary>
    private const string NoopText = "NOOP done";

    /// <summary>What changed code says instead.</summary>
    public static string NoopTextOf(int version) => $"NOOP v{version:000}";

    /// <summary>Puts changed code in place: another text of the same length in the assembly.</summary>
    public static void DeployChanged(this Workshop workshop, string name, int version)
    {
        var file = $"MailServer.Plugins.{name}.dll";
        var image = File.ReadAllBytes(Path.Combine(OutputOf(name), file));
        var changes = 0;
        foreach (var encoding in new[] { Encoding.ASCII, Encoding.Unicode })
            for (int from = 0, at; (at = image.AsSpan(from).IndexOf(encoding.GetBytes(NoopText))) >= 0; from += at + 1, changes++)
                encoding.GetBytes(NoopTextOf(version)).CopyTo(image, from + at);
        Assert.True(changes > 0, $"{file} does not say \"{NoopText}\"");
        var ready = Path.Combine(workshop.Folder(name), $".{file}");
        File.WriteAllBytes(ready, image);
        File.Move(ready, Path.Combine(workshop.Folder(name), file), overwrite: true);
    }

    /// <summary>Copies a plugin's files into a workshop's plugin folder.</summary>
    public static void Deploy(this Workshop workshop, string name)
    {
        Directory.CreateDirectory(workshop.Folder(name));
        foreach (var file in Directory.GetFiles(OutputOf(name)))
            File.Copy(file, Path.Combine(workshop.Folder(name), Path.GetFileName(file)), overwrite: true);
    }
}
