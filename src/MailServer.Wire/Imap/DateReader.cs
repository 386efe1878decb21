using System.Buffers.Text;

namespace MailServer.Wire.Imap;

/// <summary>Reads the dates of RFC 9051 §9.</summary>
internal static class DateReader
{
    private static ReadOnlySpan<byte> Months => "JanFebMarAprMayJunJulAugSepOctNovDec"u8;

    /// <summary><c>date = date-text / DQUOTE date-text DQUOTE</c>, <c>date-text = date-day "-" date-month "-" date-year</c>.</summary>
    public static bool TryReadDate(ref Cursor cursor, out DateOnly date)
    {
        date = default;
        var quoted = cursor.TrySkip('"');
        return TryReadDay(ref cursor, out var day) && TryReadRest(ref cursor, day, out date) && (!quoted || cursor.TrySkip('"'));
    }

    /// <summary><c>date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE</c>.</summary>
    public static bool TryReadDateTime(ref Cursor cursor, out DateTimeOffset time)
    {
        time = default;
        if (!cursor.TrySkip('"'))
            return false;
        cursor.TrySkipSpace();
        if (!TryReadDay(ref cursor, out var day) || !TryReadRest(ref cursor, day, out var date) || !cursor.TrySkipSpace())
            return false;
        if (!TryReadTwo(ref cursor, 23, out var hour) || !cursor.TrySkip(':') || !TryReadTwo(ref cursor, 59, out var minute)
            || !cursor.TrySkip(':') || !TryReadTwo(ref cursor, 60, out var second) || !cursor.TrySkipSpace())
            return false;
        if (!TryReadZone(ref cursor, out var zone) || !cursor.TrySkip('"'))
            return false;

        // A leap second has no place in .NET's time; the zone must not carry the year out of its range either.
        var local = date.ToDateTime(new TimeOnly(hour, minute, Math.Min(second, 59)));
        var utc = local.Ticks - zone.Ticks;
        if (utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks)
            return false;
        time = new(local, zone);
        return true;
    }

    private static bool TryReadDay(ref Cursor cursor, out int day)
    {
        day = 0;
        var digits = cursor.Rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return digits is 1 or 2 && cursor.TryReadNumber(out var number) && (day = (int)number) is >= 1 and <= 31;
    }

    private static bool TryReadRest(ref Cursor cursor, int day, out DateOnly date)
    {
        date = default;
        if (!cursor.TrySkip('-') || !TryReadMonth(ref cursor, out var month) || !cursor.TrySkip('-'))
            return false;
        var rest = cursor.Rest;
        if (rest.Length < 4 || !Utf8Parser.TryParse(rest[..4], out uint year, out int digits) || digits != 4 || year == 0)
            return false;
        if (!cursor.TrySkipWord(rest[..4]) || day > DateTime.DaysInMonth((int)year, month))
            return false;
        date = new((int)year, month, day);
        return true;
    }

    private static bool TryReadMonth(ref Cursor cursor, out int month)
    {
        for (month = 1; month <= 12; month++)
            if (cursor.TrySkipWord(Months.Slice((month - 1) * 3, 3)))
                return true;
        return false;
    }

    private static bool TryReadTwo(ref Cursor cursor, int greatest, out int number)
    {
        number = -1;
        if (cursor.Rest is not [>= (byte)'0' and <= (byte)'9', >= (byte)'0' and <= (byte)'9', ..])
            return false;
        number = (cursor.Rest[0] - '0') * 10 + cursor.Rest[1] - '0';
        return cursor.TrySkipWord(cursor.Rest[..2]) && number <= greatest;
    }

    /// <summary><c>zone = ("+" / "-") 4DIGIT</c>.</summary>
    private static bool TryReadZone(ref Cursor cursor, out TimeSpan zone)
    {
        zone = default;
        var minus = cursor.TrySkip('-');
        if (!minus && !cursor.TrySkip('+'))
            return false;
        if (!TryReadTwo(ref cursor, 14, out var hours) || !TryReadTwo(ref cursor, 59, out var minutes) || hours * 60 + minutes > 14 * 60)
            return false;
        zone = new TimeSpan(hours, minutes, 0);
        if (minus)
            zone = -zone;
        return true;
    }
}
