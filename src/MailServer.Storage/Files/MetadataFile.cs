using System.Globalization;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Annotations (RFC 5464): a line <c>/private/comment(tab)value</c> each, in <c>mailserver-metadata</c> within the folder that they are of, so that they go where it
/// goes; those of the account in <c>mailserver-metadata-account</c> in the Maildir. What is not printable in a value is written as <c>\xHH</c>.
/// </summary>
internal sealed class MetadataFile(string path, StoreContext store)
{
    public const string FileName = "mailserver-metadata";
    public const string AccountFileName = "mailserver-metadata-account";

    // As many entries as there may be, every octet of them escaped.
    private const long MaxFile = 4L * MetadataEntry.MaxEntries * (MetadataEntry.MaxValue + MetadataEntry.MaxName);

    private static Problem TooMany { get; } = new(new(5, 2, 0), "Too many annotations") { Reason = ProblemReason.LimitReached };

    /// <summary>In the order of their names.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public IReadOnlyList<MetadataEntry> Read()
    {
        var entries = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        SideFile.ReadLines(path, MaxFile, store.Logger, line => Read(line, entries));
        return [.. entries.Select(entry => new MetadataEntry(entry.Key, entry.Value))];
    }

    /// <summary>Changes the file in one step. Its lock orders writers.</summary>
    /// <exception cref="IOException">It failed; the old file is as it was.</exception>
    public async ValueTask<Problem?> SetAsync(IReadOnlyList<MetadataEntry> changes, CancellationToken cancellationToken)
    {
        using var held = await DotLock.TakeAsync(path, store.Time, store.Logger, cancellationToken).ConfigureAwait(false);
        var entries = new SortedDictionary<string, ReadOnlyMemory<byte>>(Read().ToDictionary(entry => entry.Name, entry => entry.Value ?? default), StringComparer.Ordinal);
        foreach (var change in changes)
            if (change.Value is { } value)
                entries[change.Name] = value;
            else
                entries.Remove(change.Name);
        if (entries.Count > MetadataEntry.MaxEntries)
            return TooMany;
        var text = new StringBuilder();
        foreach (var (name, value) in entries)
        {
            text.Append(name).Append('\t');
            Escape(value.Span, text);
            text.Append('\n');
        }

        DurableFile.WriteAllBytes(path, Encoding.ASCII.GetBytes(text.ToString()), DiskFile.Private);
        return null;
    }

    private static bool Read(string line, SortedDictionary<string, byte[]> entries)
    {
        if (line.Split('\t') is not [['/', ..] name, var text] || name.Length > MetadataEntry.MaxName || Unescape(text) is not { } value)
            return false;
        return entries.TryAdd(name, value);
    }

    private static void Escape(ReadOnlySpan<byte> value, StringBuilder text)
    {
        foreach (var octet in value)
            if (octet is >= (byte)' ' and <= (byte)'~' and not (byte)'\\')
                text.Append((char)octet);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{octet:X2}");
    }

    private static byte[]? Unescape(string text)
    {
        var value = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not (>= ' ' and <= '~'))
                return null;
            if (text[i] != '\\')
            {
                value.Add((byte)text[i]);
                continue;
            }

            if (i + 3 >= text.Length || text[i + 1] != 'x' || !byte.TryParse(text.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
                return null;
            value.Add(octet);
            i += 3;
        }

        return value.Count <= MetadataEntry.MaxValue ? [.. value] : null;
    }
}
