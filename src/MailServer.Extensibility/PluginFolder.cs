using System.Security.Cryptography;
using System.Text;

namespace MailServer.Extensibility;

/// <summary>The files of a plugin: found, hashed, copied aside. Names that start with a dot do not count: tools write such before they rename.</summary>
internal static class PluginFolder
{
    private const int BufferSize = 32 * 1024;

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
            // In pieces: a look at the folders must not leave an idle server with a heap of the plugins' size.
            var buffer = new byte[BufferSize];
            foreach (var name in NamesIn(folder))
            {
                using var file = File.OpenHandle(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
                var offset = 0L;
                for (int count; (count = RandomAccess.Read(file, buffer, offset)) > 0; offset += count)
                    hash.AppendData(buffer, 0, count);
                hash.AppendData(Encoding.UTF8.GetBytes($"\0{name}\0{offset}\0"));
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
