using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Special uses of an account's folders (RFC 6154): those that a client gave at CREATE are in <c>mailserver-special-use</c>, a line
/// <c>\Use(tab)name</c> each; a use given to none belongs to the folder with the usual name.
/// </summary>
internal static class SpecialUseFile
{
    public const string FileName = "mailserver-special-use";

    private static readonly Dictionary<string, string> Usual = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Archive"] = "\\Archive",
        ["Drafts"] = "\\Drafts",
        ["Junk"] = "\\Junk",
        ["Sent"] = "\\Sent",
        ["Trash"] = "\\Trash",
    };

    public static bool IsKnown(string use) => Usual.ContainsValue(use) || use == "\\Flagged" || use == "\\Important";

    /// <exception cref="IOException">It cannot be read now.</exception>
    public static Dictionary<FolderName, string> Read(string root, ILogger logger)
    {
        Dictionary<FolderName, string> uses = [];
        SideFile.ReadLines(Path.Combine(root, FileName), SideFile.MaxNames, logger, line => Read(line, uses));
        return uses;
    }

    /// <summary>Reads it and changes nothing; says what is wrong with it, or null.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static string? Check(string root)
    {
        Dictionary<FolderName, string> uses = [];
        return SideFile.Check(Path.Combine(root, FileName), SideFile.MaxNames, line => Read(line, uses), out _);
    }

    private static bool Read(string line, Dictionary<FolderName, string> uses) =>
        line.Split('\t') is [var use, var text] && IsKnown(use) && FolderName.TryParse(text, out var name) && uses.TryAdd(name, use);

    public static string? UseOf(FolderName name, Dictionary<FolderName, string> given) =>
        given.TryGetValue(name, out var use) ? use
        : Usual.TryGetValue(name.Value, out var usual) && !given.ContainsValue(usual) ? usual
        : null;

    /// <summary>Changes the file. The account's lock on it orders writers.</summary>
    /// <exception cref="IOException">It failed; the old file is as it was.</exception>
    public static async ValueTask ChangeAsync(
        string root, Action<Dictionary<FolderName, string>> change, StoreContext store, CancellationToken cancellationToken)
    {
        var path = Path.Combine(root, FileName);
        using var held = await DotLock.TakeAsync(path, store.Time, store.Logger, cancellationToken).ConfigureAwait(false);
        var uses = Read(root, store.Logger);
        var before = uses.ToArray();
        change(uses);
        if (before.SequenceEqual(uses))
            return;
        var text = new StringBuilder();
        foreach (var (name, use) in uses)
            text.Append(use).Append('\t').Append(name.Value).Append('\n');
        DurableFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text.ToString()), DiskFile.Private);
    }
}
