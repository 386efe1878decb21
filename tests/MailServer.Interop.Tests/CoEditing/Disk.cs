using System.Globalization;
using System.Runtime.InteropServices;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>A message file as it lies there.</summary>
internal sealed record DiskFile(string Path, string BaseName, string Letters);

/// <summary>The Maildir as another program sees it; nothing here is the server's code.</summary>
internal sealed partial class Disk(string root)
{
    public string Root => root;

    public string Of(string folder) => folder == "INBOX" ? root : System.IO.Path.Combine(root, "." + folder);

    public void Make(string folder)
    {
        foreach (var part in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(System.IO.Path.Combine(Of(folder), part));
    }

    public List<DiskFile> Files(string folder)
    {
        List<DiskFile> files = [];
        foreach (var part in new[] { "new", "cur" })
            foreach (var path in Directory.EnumerateFiles(System.IO.Path.Combine(Of(folder), part)))
            {
                var name = System.IO.Path.GetFileName(path);
                var colon = name.IndexOf(":2,", StringComparison.Ordinal);
                files.Add(colon < 0 ? new(path, name, "") : new(path, name[..colon], name[(colon + 3)..]));
            }

        return files;
    }

    /// <summary>The mark is the subject.</summary>
    public static string? MarkOf(DiskFile file)
    {
        try
        {
            foreach (var line in File.ReadLines(file.Path).Take(30))
                if (line.StartsWith("Subject: ", StringComparison.Ordinal))
                    return line["Subject: ".Length..];
        }
        catch (IOException)
        {
            // Renamed meanwhile.
        }

        return null;
    }

    public Dictionary<string, uint> Uids(string folder, out string validity)
    {
        var lines = File.ReadAllLines(System.IO.Path.Combine(Of(folder), "dovecot-uidlist"));
        validity = lines[0].Split(' ').Single(key => key[0] == 'V')[1..];
        return lines.Skip(1).ToDictionary(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..],
            line => uint.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture));
    }

    /// <summary>Lines from an offset on, which moves to the end of those; a list that was written anew is read from its beginning.</summary>
    public List<(string BaseName, uint Uid)> UidsFrom(string folder, ref long offset)
    {
        using var file = new FileStream(System.IO.Path.Combine(Of(folder), "dovecot-uidlist"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = offset <= file.Length ? offset : 0;
        var bytes = new byte[file.Length - file.Position];
        file.ReadExactly(bytes);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        offset = file.Position - bytes.Length + whole;
        List<(string, uint)> lines = [];
        foreach (var line in System.Text.Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && uint.TryParse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture, out var uid))
                lines.Add((line[(colon + 1)..], uid));
        return lines;
    }

    public Dictionary<char, string> Keywords(string folder)
    {
        var path = System.IO.Path.Combine(Of(folder), "dovecot-keywords");
        return File.Exists(path)
            ? File.ReadAllLines(path).Select(line => line.Split(' ', 2)).ToDictionary(pair => (char)('a' + int.Parse(pair[0], CultureInfo.InvariantCulture)), pair => pair[1])
            : [];
    }

    /// <summary>rename(2): false when the file is not under that name any more.</summary>
    public static bool TryRename(string from, string to) => Rename(from, to) == 0;

    /// <summary>unlink(2), likewise.</summary>
    public static bool TryRemove(string path) => Unlink(path) == 0;

    [DllImport("libc", EntryPoint = "rename")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Rename([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", EntryPoint = "unlink")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Unlink([MarshalAs(UnmanagedType.LPUTF8Str)] string path);
}
