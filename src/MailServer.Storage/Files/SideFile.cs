using System.Globalization;
using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Reads the small plain files beside the messages, which other programs write too: whole, up to a limit, and never from a pipe or a device,
/// which would keep the reader waiting.
/// </summary>
internal static class SideFile
{
    /// <summary>A UID list: five million messages of a hundred octets, more than a directory can hold in practice.</summary>
    public const long MaxUidList = 512L << 20;

    /// <summary>Keywords beyond the letters: a million messages with some.</summary>
    public const long MaxFurtherKeywords = 256L << 20;

    /// <summary>Subscriptions and special uses: ten thousand folders with the longest names.</summary>
    public const long MaxNames = 16L << 20;

    /// <summary>Twenty-six names; other programs may number more.</summary>
    public const long MaxKeywords = 1L << 20;

    /// <summary>The lines of a file in UTF-8, without their ends; one that an editor has given CRLF reads the same.</summary>
    public static IEnumerable<string> Lines(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', at);
            var line = Encoding.UTF8.GetString(bytes, at, (end < 0 ? bytes.Length : end) - at);
            at = end < 0 ? bytes.Length : end + 1;
            yield return line.EndsWith('\r') ? line[..^1] : line;
        }
    }

    /// <summary>
    /// Reads a file line by line, as far as it makes sense. One that makes none in part, or none at all, is kept as it is beside.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Octets it may have.</param>
    /// <param name="logger">Hears of it once.</param>
    /// <param name="read">Takes a line; false when it makes no sense.</param>
    /// <returns>Whether the file is there.</returns>
    /// <exception cref="IOException">It cannot be read now, or not be kept.</exception>
    public static bool ReadLines(string path, long limit, ILogger logger, Func<string, bool> read)
    {
        if (Check(path, limit, read, out var isThere) is { } reason)
            BrokenFile.Keep(path, reason, logger);
        return isThere;
    }

    /// <summary>Reads a file line by line and changes nothing. Says what is wrong with it, or null.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static string? Check(string path, long limit, Func<string, bool> read, out bool isThere)
    {
        isThere = true;
        try
        {
            if (Read(path, limit) is not { } bytes)
            {
                isThere = false;
                return null;
            }

            var (number, bad) = (0, 0);
            foreach (var line in Lines(bytes))
            {
                number++;
                if (!read(line) && bad == 0)
                    bad = number;
            }

            return bad == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"line {bad} makes no sense");
        }
        catch (BrokenFileException broken)
        {
            return broken.Message;
        }
    }

    /// <summary>The file's octets; null when nothing is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Octets it may have.</param>
    /// <exception cref="BrokenFileException">It is no plain file, or larger than such a file can be.</exception>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static byte[]? Read(string path, long limit)
    {
        if (FileFacts.Of(path) is not { } facts)
            return null;
        if (facts.Kind != FileKind.Regular)
            throw new BrokenFileException(facts.Kind == FileKind.Directory ? "a directory, where a file is expected" : "no plain file");
        try
        {
            using var file = DiskFile.Open(path);
            var length = RandomAccess.GetLength(file);
            if (length > limit)
                throw new BrokenFileException($"{length} octets, where at most {limit} make sense");
            var bytes = new byte[length];
            var read = 0;
            while (read < length && RandomAccess.Read(file, bytes.AsSpan(read), read) is > 0 and var count)
                read += count;
            return read == length ? bytes : bytes[..read];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}

/// <summary>A plain file holds what makes no sense, or is none.</summary>
/// <param name="reason">What is wrong, for the log and for <c>store verify</c>.</param>
internal sealed class BrokenFileException(string reason) : IOException(reason);
