using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>The line before each message of an mbox: <c>From sender date</c> (RFC 4155, appendix A).</summary>
/// <param name="Sender">What stands where the sender should: an address, or <c>-</c>.</param>
/// <param name="Date">Its date; null where there is none that can be read.</param>
internal readonly record struct FromLine(string Sender, DateTimeOffset? Date)
{
    /// <summary>Octets of one: an address may have 254, a date 30, and UUCP's hosts a few more. What is longer is text.</summary>
    public const int MaxLength = 1000;

    private static readonly string[] Days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>Zones that RFC 5322 §4.3 knows by name; any other name is read as UTC, as RFC 4155 has it.</summary>
    private static readonly Dictionary<string, int> Zones = new(StringComparer.OrdinalIgnoreCase)
    {
        ["EST"] = -5, ["EDT"] = -4, ["CST"] = -6, ["CDT"] = -5, ["MST"] = -7, ["MDT"] = -6, ["PST"] = -8, ["PDT"] = -7,
    };

    /// <summary>Thunderbird writes no sender, and the time of its own copying.</summary>
    public bool IsDateOfCopy => Sender is "-" or "";

    /// <summary>
    /// Reads a line without its end. A date makes it one; without a date only the forms that programs write do: nothing, <c>-</c>, or one
    /// address. "From here on" is text.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out FromLine result)
    {
        result = default;
        if (!line.StartsWith("From "u8) || line.Length > MaxLength)
            return false;
        var words = Encoding.Latin1.GetString(line[5..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var day = Array.FindIndex(words, word => Array.IndexOf(Days, word.TrimEnd(',')) >= 0);
        for (; day >= 0; day = Array.FindIndex(words, day + 1, word => Array.IndexOf(Days, word.TrimEnd(',')) >= 0))
            if (ReadDate(words.AsSpan(day + 1)) is { } date)
            {
                result = new(string.Join(' ', words[..day]), date);
                return true;
            }

        if (words is [] or ["-", ..])
            result = new(words.Length == 0 ? "" : "-", null);
        else if (words is [var sender] && sender.Contains('@', StringComparison.Ordinal))
            result = new(sender, null);
        else
            return false;
        return true;
    }

    /// <summary>The line for a message: the date in UTC, as RFC 4155 asks; senders are in the messages themselves.</summary>
    public static byte[] Format(DateTimeOffset date) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"From MAILER-DAEMON {date.UtcDateTime:ddd MMM} {date.UtcDateTime.Day,2} {date.UtcDateTime:HH:mm:ss yyyy}\n"));

    /// <summary>After the day of the week: <c>Jan  5 10:00[:00] [zone] 2024 [zone]</c> as asctime has it, or <c>5 Jan 2024 10:00:00 zone</c>.</summary>
    private static DateTimeOffset? ReadDate(ReadOnlySpan<string> words)
    {
        if (words.Length < 4)
            return null;
        var isMail = Array.IndexOf(Months, words[0]) < 0;
        var (month, dayWord) = isMail ? (Array.IndexOf(Months, words[1]), words[0]) : (Array.IndexOf(Months, words[0]), words[1]);
        if (month < 0 || !int.TryParse(dayWord, NumberStyles.None, CultureInfo.InvariantCulture, out var day))
            return null;
        string? zone = null;
        string time, year;
        if (isMail)
            (year, time, zone) = (words[2], words[3], words.Length > 4 ? words[4] : null);
        else if (words[3] is [>= '0' and <= '9', ..])
            (time, year, zone) = (words[2], words[3], words.Length > 4 ? words[4] : null);
        else if (words.Length > 4)
            (time, zone, year) = (words[2], words[3], words[4]);
        else
            return null;
        if (year.Length != 4 || !int.TryParse(year, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0
            || !TimeSpan.TryParseExact(time, ["hh\\:mm\\:ss", "hh\\:mm", "h\\:mm\\:ss", "h\\:mm"], CultureInfo.InvariantCulture, out var clock)
            || day < 1 || day > DateTime.DaysInMonth(number, month + 1))
            return null;

        // Without years at the edge of what can be counted: a zone must not carry the date over it.
        return number is > 1 and < 9999 ? new DateTimeOffset(new DateTime(number, month + 1, day).Add(clock), TimeSpan.Zero) - OffsetOf(zone) : null;
    }

    private static TimeSpan OffsetOf(string? zone)
    {
        if (zone is ['+' or '-', _, _, _, _] && int.TryParse(zone.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var digits)
            && digits % 100 < 60 && digits / 100 <= 14)
            return TimeSpan.FromMinutes((zone[0] == '-' ? -1 : 1) * ((digits / 100 * 60) + (digits % 100)));
        return TimeSpan.FromHours(zone is null ? 0 : Zones.GetValueOrDefault(zone));
    }
}
