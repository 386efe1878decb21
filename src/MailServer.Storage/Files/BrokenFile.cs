using System.Globalization;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Keeps a file that could not be read whole as <c>NAME.broken</c> beside it, before it is written anew: nothing that somebody may still
/// make sense of is lost. Linked, not copied: what is written anew is renamed over the name, and the old file lives on under the other.
/// </summary>
internal static class BrokenFile
{
    /// <summary>Kept of one file: a program that breaks it again and again must not fill the disk.</summary>
    public const int MaxKept = 10;

    public const string Ending = ".broken";

    /// <summary>Keeps it, unless it is kept already, and says so once.</summary>
    /// <exception cref="IOException">It cannot be kept.</exception>
    public static void Keep(string path, string reason, ILogger logger)
    {
        if (FileFacts.Of(path, followsLink: false) is not { } facts)
            return;
        for (var number = 0; number < MaxKept; number++)
        {
            var kept = NameOf(path, number);
            if (FileFacts.Of(kept, followsLink: false) is { } earlier)
            {
                if (IsSame(path, facts, kept, earlier))
                    return;
                continue;
            }

            Put(path, facts, kept);
            Log.BrokenKept(logger, path, reason, kept);
            return;
        }

        Log.BrokenNotKept(logger, path, reason, MaxKept);
        if (facts.Kind != FileKind.Regular)
            throw new IOException($"{path}: {reason}; there are {MaxKept} broken ones beside it already");
    }

    public static string NameOf(string path, int number) =>
        number == 0 ? path + Ending : string.Create(CultureInfo.InvariantCulture, $"{path}{Ending}.{number}");

    /// <summary>Whether a name is one that was kept.</summary>
    public static bool IsKept(string name) =>
        name.EndsWith(Ending, StringComparison.Ordinal) || (name.Length > 2 && name[^2] == '.' && char.IsAsciiDigit(name[^1]) && name[..^2].EndsWith(Ending, StringComparison.Ordinal));

    /// <summary>A directory or pipe is in the way of the new file, so it moves; so does what cannot have two names.</summary>
    private static void Put(string path, FileFacts facts, string kept)
    {
        if (facts.Kind == FileKind.Regular)
        {
            try
            {
                DurableFile.Link(path, kept);
                return;
            }
            catch (PosixException failure) when (!failure.IsAlreadyThere && !failure.IsNotThere && !failure.IsFull)
            {
                // No second names on this file system.
            }
        }

        DurableFile.RenameNoReplace(path, kept);
    }

    private static bool IsSame(string path, FileFacts facts, string kept, FileFacts earlier)
    {
        if ((facts.Device, facts.Inode) == (earlier.Device, earlier.Inode))
            return true;
        if (facts.Kind != FileKind.Regular || earlier.Kind != FileKind.Regular || facts.Length != earlier.Length)
            return false;
        using var left = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var right = new FileStream(kept, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> one = stackalloc byte[4096];
        Span<byte> other = stackalloc byte[4096];
        for (int read; (read = left.ReadAtLeast(one, one.Length, throwOnEndOfStream: false)) > 0;)
            if (right.ReadAtLeast(other[..read], read, throwOnEndOfStream: false) != read || !one[..read].SequenceEqual(other[..read]))
                return false;
        return true;
    }
}
