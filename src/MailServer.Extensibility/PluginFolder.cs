using System.Security.Cryptography;
using System.Text;

namespace MailServer.Extensibility;

/// <summary>The files of a plugin: found, hashed, copied aside. Names that start with a dot do not count: tools write such before they rename.</summary>
internal static class PluginFolder
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        // runtimes/linux-x64/native is three; a link that points upward must end somewhere.
        MaxRecursionDepth = 6,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    /// <summary>The plugin folders in a directory, by name.</summary>
    public static IReadOnlyList<string> In(string directory)
    {
        if (!Directory.Exists(directory))
            return [];
        var folders = Directory.GetDirectories(directory).Where(folder => !Path.GetFileName(folder).StartsWith('.')).ToArray();
        Array.Sort(folders, StringComparer.Ordinal);
        return folders;
    }

    /// <summary>A hash of all names and contents, or null when the folder changes while it is read.</summary>
    public static string? Hash(string folder)
    {
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var name in NamesIn(folder))
            {
                var content = File.ReadAllBytes(Path.Combine(folder, name));
                hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0"));
                hash.AppendData(content);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Copies all files. Not links: a later copy over the original would reach through them.</summary>
    public static void Copy(string folder, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var name in NamesIn(folder))
        {
            var path = Path.Combine(target, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? target);
            File.Copy(Path.Combine(folder, name), path);
        }
    }

    /// <summary>Deletes a folder of copies. What cannot be deleted now is deleted at the next start.</summary>
    public static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only disk space is at stake.
        }
    }

    private static List<string> NamesIn(string folder)
    {
        var names = Directory.EnumerateFiles(folder, "*", Everything).Select(path => Path.GetRelativePath(folder, path)).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
