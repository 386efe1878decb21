using System.Globalization;

namespace MailServer.Storage;

/// <summary>Takes a message's file name apart: <c>base:2,FLAGS</c>, with sizes within the base as <c>,S=</c> and <c>,W=</c>.</summary>
internal static class MessageName
{
    /// <summary>The part that never changes while the message lives.</summary>
    public static ReadOnlySpan<char> BaseOf(ReadOnlySpan<char> fileName)
    {
        var colon = fileName.IndexOf(':');
        return colon < 0 ? fileName : fileName[..colon];
    }

    /// <summary>What follows the base name.</summary>
    public static ReadOnlySpan<char> EndingOf(ReadOnlySpan<char> fileName) => fileName[BaseOf(fileName).Length..];

    /// <summary>The letters after <c>:2,</c>, up to a further comma that other programs may write.</summary>
    public static ReadOnlySpan<char> LettersOf(ReadOnlySpan<char> fileName)
    {
        var colon = fileName.IndexOf(':');
        if (colon < 0 || !fileName[colon..].StartsWith(":2,"))
            return [];
        var letters = fileName[(colon + 3)..];
        var comma = letters.IndexOf(',');
        return comma < 0 ? letters : letters[..comma];
    }

    /// <summary>What other programs wrote after the letters, with its comma; kept in renames.</summary>
    public static ReadOnlySpan<char> TailOf(ReadOnlySpan<char> fileName)
    {
        var colon = fileName.IndexOf(':');
        if (colon < 0 || !fileName[colon..].StartsWith(":2,"))
            return [];
        var letters = fileName[(colon + 3)..];
        var comma = letters.IndexOf(',');
        return comma < 0 ? [] : letters[comma..];
    }

    /// <summary>A name in <c>cur</c>: flags in ASCII order after <c>:2,</c>, each once.</summary>
    public static string WithLetters(string baseName, IEnumerable<char> letters, ReadOnlySpan<char> tail) =>
        string.Concat(baseName, ":2,", string.Concat(letters.Distinct().Order()), tail);

    /// <summary>The sizes in the name: on disk, and with CRLF line ends. Hints, not truth; -1 where there is none.</summary>
    public static (long FileSize, long CrlfSize) SizesOf(ReadOnlySpan<char> fileName)
    {
        var name = BaseOf(fileName);
        return (Number(name, ",S="), Number(name, ",W="));
    }

    /// <summary>When the file was made, by the seconds that its name begins with; 0 when it does not.</summary>
    public static long SecondsOf(ReadOnlySpan<char> fileName)
    {
        var dot = fileName.IndexOf('.');
        return dot > 0 && long.TryParse(fileName[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;
    }

    /// <summary>
    /// Orders names by arrival as far as they tell: seconds, then the microseconds of an <c>M</c> part, which programs write without
    /// leading zeros.
    /// </summary>
    public static int CompareArrival(string left, string right)
    {
        var order = ArrivalOf(left).CompareTo(ArrivalOf(right));
        return order != 0 ? order : string.CompareOrdinal(left, right);
    }

    /// <summary>Seconds and microseconds of the arrival, as far as the name tells.</summary>
    public static (long Seconds, long Micros) ArrivalOf(ReadOnlySpan<char> name) => (SecondsOf(name), MicrosOf(name));

    /// <summary>Whether a directory entry is a message at all: dot files are not, nor what would break a line of our files.</summary>
    public static bool IsMessage(ReadOnlySpan<char> fileName) =>
        fileName.Length > 0 && fileName[0] is not ('.' or ':') && fileName.IndexOfAny('\n', '\t') < 0;

    private static long MicrosOf(ReadOnlySpan<char> name)
    {
        var at = name.IndexOf(".M");
        return at < 0 ? 0 : Leading(name[(at + 2)..]);
    }

    private static long Number(ReadOnlySpan<char> name, string key)
    {
        var at = name.LastIndexOf(key);
        return at < 0 ? -1 : Leading(name[(at + key.Length)..]);
    }

    private static long Leading(ReadOnlySpan<char> digits)
    {
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }
}
