using System.Text;

namespace MailServer.Pipeline;

/// <summary>A message's header as it came, cut into fields. What is no field is passed over, so that no header can be too broken to read.</summary>
internal sealed class HeaderBlock
{
    /// <summary>Octets of the header that are looked at: sixty times what real mail has; the rest of a longer one is not seen by filters and rules.</summary>
    public const int MaxOctets = 256 * 1024;

    private readonly byte[] _octets;
    private readonly List<Field> _fields = [];

    public HeaderBlock(byte[] octets)
    {
        _octets = octets;
        Cut();
    }

    /// <summary>All fields, top first.</summary>
    public IReadOnlyList<Field> Fields => _fields;

    public static async ValueTask<HeaderBlock> ReadAsync(Stream message, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (length < MaxOctets)
        {
            var count = await message.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (count == 0)
                break;
            var from = Math.Max(0, length - 1);
            length += count;
            var end = buffer.AsSpan(from, length - from).IndexOf("\n\n"u8);
            if (end >= 0)
            {
                length = from + end + 1;
                break;
            }

            if (length == buffer.Length && length < MaxOctets)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 4, MaxOctets));
        }

        // A message may begin with its empty line: then there is no header.
        return new(buffer is [(byte)'\n', ..] ? [] : buffer[..length]);
    }

    /// <summary>The octets of a field, name and all.</summary>
    public ReadOnlySpan<byte> Octets(Field field) => _octets.AsSpan(field.Start, field.Length);

    /// <summary>The octets after the colon.</summary>
    public ReadOnlySpan<byte> ValueOctets(Field field) => Octets(field)[(field.NameLength + 1)..];

    public bool Has(Field field, ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(_octets.AsSpan(field.Start, field.NameLength).TrimEnd(" \t"u8), name);

    public int Count(ReadOnlySpan<byte> name)
    {
        var count = 0;
        foreach (var field in _fields)
            if (Has(field, name))
                count++;
        return count;
    }

    private void Cut()
    {
        var start = 0;
        while (start < _octets.Length)
        {
            // RFC 5322 §2.2.3: a line that begins with white space goes on with the field above it.
            var end = start;
            do
            {
                var line = _octets.AsSpan(end).IndexOf((byte)'\n');
                end = line < 0 ? _octets.Length : end + line + 1;
            }
            while (end < _octets.Length && _octets[end] is (byte)' ' or (byte)'\t');

            var colon = _octets.AsSpan(start, end - start).IndexOf((byte)':');
            if (colon > 0 && !_octets.AsSpan(start, colon).TrimEnd(" \t"u8).ContainsAnyExceptInRange((byte)'!', (byte)'~'))
                _fields.Add(new(start, colon, end - start));
            start = end;
        }
    }

    /// <summary>Where a field is.</summary>
    internal readonly record struct Field(int Start, int NameLength, int Length);
}
