using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// A <c>maildirsize</c> file as Maildir++ describes it: the limits (<c>1000000S,1000C</c>), then lines of octets and messages, to be added up.
/// </summary>
internal static class MaildirSize
{
    public const string FileName = "maildirsize";

    /// <summary>Octets after which its lines are added up; the number is Maildir++'s.</summary>
    public const int MaxLength = 5120;

    /// <summary>A file far larger than that was not kept by anybody who knows the format.</summary>
    private const long MaxRead = 1L << 20;

    /// <summary>The limits as the first line says them.</summary>
    public static string Header(Quota limit) => string.Join(',', new[]
    {
        limit.Storage is { } storage ? string.Create(CultureInfo.InvariantCulture, $"{storage}S") : null,
        limit.Messages is { } messages ? string.Create(CultureInfo.InvariantCulture, $"{messages}C") : null,
    }.OfType<string>());

    public static string Line(long storage, long messages) => string.Create(CultureInfo.InvariantCulture, $"{storage} {messages}\n");

    /// <summary>The header and the sum; null when there is no such file, or none that makes sense.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static (string Header, MaildirUse Used)? Read(string path)
    {
        byte[]? bytes;
        try
        {
            bytes = SideFile.Read(path, MaxRead);
        }
        catch (BrokenFileException)
        {
            return null;
        }

        // A last line without its end is one that is being written.
        if (bytes is not [.., (byte)'\n'])
            return null;
        var lines = Encoding.Latin1.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var used = default(MaildirUse);
        foreach (var line in lines.Skip(1))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var first, var second]
                || !long.TryParse(first, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var octets)
                || !long.TryParse(second, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count))
                return null;
            used += new MaildirUse(octets, count);
        }

        return lines.Length > 1 && used is { Storage: >= 0, Messages: >= 0 } ? (lines[0], used) : null;
    }
}
