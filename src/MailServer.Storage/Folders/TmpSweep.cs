using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Removes what was left in <c>tmp</c> by writers that died.</summary>
internal static class TmpSweep
{
    /// <summary>https://cr.yp.to/proto/maildir.html: a file in tmp may be removed when it was not touched for 36 hours.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromHours(36);

    /// <summary>Removes drafts of plain files (<see cref="DurableFile.WriteAllBytes"/>) that a server left that died.</summary>
    public static void SweepDrafts(string directory, StoreContext store)
    {
        var count = 0;
        var limit = store.Time.GetUtcNow() - Age;
        try
        {
            foreach (var path in Directory.EnumerateFiles(directory, "*.tmp"))
                if (IsDraft(Path.GetFileNameWithoutExtension(path)) && File.GetLastWriteTimeUtc(path) < limit && DurableFile.Unlink(path))
                    count++;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(store.Logger, "sweeping drafts", failure.Message);
        }

        if (count > 0)
            Log.Swept(store.Logger, directory, count);
    }

    /// <summary><c>NAME.PROCESS.GUID</c>, and no program's own name for something else.</summary>
    private static bool IsDraft(string name) =>
        name.Split('.') is [.., { Length: > 0 } of, { Length: > 0 } process, { Length: 32 } guid]
        && of.Length > 0 && process.All(char.IsAsciiDigit) && guid.All(char.IsAsciiHexDigitLower);

    public static void Sweep(string directory, StoreContext store)
    {
        var count = 0;
        var limit = store.Time.GetUtcNow() - Age;
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(directory))
            {
                // A message that is being added has the date that the client gave it; its name tells when it was begun.
                var named = MessageName.SecondsOf(Path.GetFileName(path.AsSpan()));
                var isOld = named < limit.ToUnixTimeSeconds() && File.GetLastWriteTimeUtc(path) < limit;
                if (!isOld || Path.GetFileName(path)[0] == '.')
                    continue;
                if (Directory.Exists(path))
                    DiskFile.RemoveTree(path);
                else
                    DurableFile.Unlink(path);
                count++;
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(store.Logger, "sweeping tmp", failure.Message);
        }

        if (count > 0)
            Log.Swept(store.Logger, directory, count);
    }
}
