using System.Text;

namespace MailServer.Server.Demo;

/// <summary>As much of a message's header as a listing needs; the real reading is the store's.</summary>
internal static class MessageHeaders
{
    /// <summary>The header of a message, as text.</summary>
    public static string Of(byte[] message)
    {
        var text = Encoding.UTF8.GetString(message).Replace("\r\n", "\n", StringComparison.Ordinal);
        return text.IndexOf("\n\n", StringComparison.Ordinal) is var end and >= 0 ? text[..end] : text;
    }

    /// <summary>The first field of that name, unfolded; null when there is none.</summary>
    public static string? Find(string headers, string name)
    {
        StringBuilder? value = null;
        foreach (var line in headers.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n'))
        {
            if (value is not null && line.Length > 0 && line[0] is ' ' or '\t')
                value?.Append(' ').Append(line.Trim());
            else if (value is not null)
                break;
            else if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                value = new StringBuilder(line[(name.Length + 1)..].Trim());
        }

        return value?.ToString();
    }

    /// <summary>The addresses in a field: what stands in angle brackets, or else between commas.</summary>
    public static IEnumerable<string> Addresses(string? field) =>
        (field ?? "").Split(',').Select(part => part.IndexOf('<', StringComparison.Ordinal) is var open and >= 0 && part.IndexOf('>', open) is var close and >= 0 ? part[(open + 1)..close] : part.Trim())
            .Where(address => address.Contains('@', StringComparison.Ordinal) && !address.Contains(' ', StringComparison.Ordinal));
}
