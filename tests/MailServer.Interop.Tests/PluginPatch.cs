using System.Globalization;
using System.Text;

namespace MailServer.Interop.Tests;

/// <summary>
/// Makes changed code of a plugin without a compiler: the text of its NOOP reply is exchanged in the assembly by one of the same length,
/// and the file is put in place as a deployment does it, by a rename.
/// </summary>
internal sealed class PluginPatch
{
    private const string Text = "NOOP done";

    private readonly string _path;
    private readonly byte[] _original;

    public PluginPatch(string plugins, string folder)
    {
        _path = Path.Combine(plugins, folder, $"MailServer.Plugins.{folder}.dll");
        _original = File.ReadAllBytes(_path);
    }

    /// <summary>What the changed code says, as <c>NOOP d007</c>.</summary>
    public static string TextOf(int version) => string.Create(CultureInfo.InvariantCulture, $"NOOP d{version:000}");

    public void Deploy(int version)
    {
        var changed = (byte[])_original.Clone();
        var count = Replace(changed, Encoding.Unicode, version) + Replace(changed, Encoding.UTF8, version);
        Assert.True(count > 0, $"{_path} does not say '{Text}'");
        var aside = _path + ".new";
        File.WriteAllBytes(aside, changed);
        File.Move(aside, _path, overwrite: true);
    }

    private static int Replace(byte[] image, Encoding encoding, int version)
    {
        var (from, to) = (encoding.GetBytes(Text), encoding.GetBytes(TextOf(version)));
        var count = 0;
        for (int at = 0, found; (found = image.AsSpan(at).IndexOf(from)) >= 0; at += found + from.Length, count++)
            to.CopyTo(image.AsSpan(at + found));
        return count;
    }
}
