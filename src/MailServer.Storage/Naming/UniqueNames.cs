using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// Makes base names that no other delivery ever makes, as https://cr.yp.to/proto/maildir.html asks:
/// <c>secs.MusecsPpidRrandomQcount.host</c>. The random part is new with each start, since process ids repeat.
/// </summary>
internal sealed class UniqueNames(string hostname, TimeProvider time)
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private readonly string _process = $"P{Environment.ProcessId}R{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}Q";
    private readonly string _host = EscapeHost(hostname);
    private long _count;

    /// <summary>A name without sizes, for a file in <c>tmp</c>.</summary>
    public string Next()
    {
        var now = time.GetUtcNow();
        var micros = now.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        return string.Create(CultureInfo.InvariantCulture,
            $"{now.ToUnixTimeSeconds()}.M{micros:d6}{_process}{Interlocked.Increment(ref _count)}.{_host}");
    }

    /// <summary>
    /// A name with the sizes on disk and with CRLF line ends. Whose last line has no end gets no <c>W</c>: POP3 sends such a message with one
    /// (RFC 1939 §3), and who believes names must look at it.
    /// </summary>
    public string Next(long fileSize, long crlfSize, bool hasOpenEnd = false) => WithSizes(Next(), fileSize, crlfSize, hasOpenEnd);

    /// <summary>As <see cref="Next(long, long, bool)"/>, of a name that was given before.</summary>
    public static string WithSizes(string name, long fileSize, long crlfSize, bool hasOpenEnd) => hasOpenEnd
        ? string.Create(CultureInfo.InvariantCulture, $"{name},S={fileSize}")
        : string.Create(CultureInfo.InvariantCulture, $"{name},S={fileSize},W={crlfSize}");

    /// <summary>Whether a name is one that this server has made.</summary>
    public static bool IsOurs(ReadOnlySpan<char> baseName)
    {
        const int Random = 16;
        var start = baseName.IndexOf('R') + 1; // only digits, ".M" and "P" come before
        return start > 0 && baseName.Length > start + Random && baseName[start + Random] == 'Q'
            && !baseName.Slice(start, Random).ContainsAnyExcept(Digits);
    }

    /// <summary>A <c>/</c> or <c>:</c> has a meaning in the name; both become octal, a comma too since it begins the sizes.</summary>
    internal static string EscapeHost(string hostname)
    {
        var text = new StringBuilder();

        // 64: with the rest of the name below the 255 octets that file systems give, whatever the host is called.
        foreach (var c in hostname.Length > 64 ? hostname[..64] : hostname)
            _ = c switch
            {
                '/' => text.Append("\\057"),
                ':' => text.Append("\\072"),
                ',' => text.Append("\\054"),
                > ' ' and < '\x7f' => text.Append(c),
                _ => text.Append('_'),
            };
        return text.Length == 0 ? "localhost" : text.ToString();
    }
}
