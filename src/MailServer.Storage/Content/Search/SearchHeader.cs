using System.Diagnostics.CodeAnalysis;
using System.Text;
using MimeKit.Utils;

namespace MailServer.Storage;

/// <summary>A message's header as searches look at it: read as octets, a field decoded only when somebody asks for it.</summary>
internal sealed class SearchHeader
{
    private readonly byte[] _octets;
    private readonly List<(int Start, int Colon, int End)> _fields = [];
    private readonly List<(int Start, int End)> _others = [];
    private readonly Dictionary<string, bool> _answers = [];

    /// <param name="octets">Whole header fields, with any line ends.</param>
    public SearchHeader(byte[] octets)
    {
        _octets = octets;
        for (var at = 0; at < octets.Length;)
        {
            var end = EndOfField(octets, at);
            var colon = octets.AsSpan(at, end - at).IndexOf((byte)':');
            if (colon > 0)
                _fields.Add((at, at + colon, end));
            else
                _others.Add((at, end));
            at = end;
        }
    }

    /// <summary>The day that the Date field names, without regard to time and zone (RFC 3501 §6.4.4, SENTON); null when it names none.</summary>
    public DateOnly? Date
    {
        get
        {
            foreach (var one in _fields)
                if (IsNamed(one, "date"))
                    return DateUtils.TryParse(Value(one).ToArray(), out var date) ? DateOnly.FromDateTime(date.DateTime) : null;
            return null;
        }
    }

    /// <summary>Reads the header from the beginning of a message.</summary>
    /// <param name="message">The message as it is stored.</param>
    /// <param name="rest">The whole message again, from its beginning.</param>
    public static SearchHeader Read(Stream message, out Stream rest)
    {
        var buffer = new byte[4096];
        var (length, looked) = (0, 0);
        while (true)
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = message.Read(buffer, length, buffer.Length - length);
            length += read;
            var end = EndOfHeader(buffer.AsSpan(0, length), ref looked);
            if (end < 0 && read > 0 && length < StructureLimits.HeaderOctets)
                continue;
            rest = new ReplayStream(buffer.AsMemory(0, length), message);
            return new(buffer[..(end < 0 ? length : end)]);
        }
    }

    /// <summary>The whole fields whose names are wanted, each with its line end.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Where(Func<ReadOnlySpan<byte>, bool> isWanted)
    {
        foreach (var field in _fields)
            if (isWanted(_octets.AsSpan(field.Start, field.Colon - field.Start).TrimEnd(" \t"u8)))
                yield return _octets.AsMemory(field.Start, field.End - field.Start);
    }

    /// <summary>The value of the first field of this name (in lower case or any other), folded as it is; null when there is none.</summary>
    public ReadOnlyMemory<byte>? First(string name)
    {
        foreach (var field in _fields)
            if (IsNamed(field, name))
                return _octets.AsMemory(field.Colon + 1, field.End - field.Colon - 1);
        return null;
    }

    /// <summary>Whether the header was longer than what is read of one.</summary>
    public bool IsCut => _octets.Length >= StructureLimits.HeaderOctets;

    /// <summary>HEADER: whether a field of this name holds the text; with an empty text, whether there is one.</summary>
    public bool Contains(string name, string text)
    {
        foreach (var field in _fields)
            if (IsNamed(field, name) && (text.Length == 0 || Decode(Value(field)).Contains(text, StringComparison.OrdinalIgnoreCase)))
                return true;
        return false;
    }

    /// <summary>TEXT: whether any field holds the text, its name included, or a line there that is no field: HEADER shows it, too.</summary>
    public bool Contains(string text)
    {
        // Asked again when the body has been read.
        if (!_answers.TryGetValue(text, out var answer))
            _answers[text] = answer = Search(text);
        return answer;
    }

    /// <summary>All that <see cref="Contains(string, string)"/> and <see cref="Contains(string)"/> look at.</summary>
    public void CopyTo(ITextSink sink)
    {
        foreach (var field in _fields)
        {
            var value = $"{Encoding.Latin1.GetString(_octets.AsSpan(field.Start, field.Colon - field.Start))}: {Decode(Value(field))}";
            sink.Add(value);
            sink.End();

            // Decoded with its name, a field may read otherwise: without a space after the colon an encoded word is none (RFC 2047 §5).
            var whole = Decode(_octets.AsSpan(field.Start, field.End - field.Start));
            if (whole == value)
                continue;
            sink.Add(whole);
            sink.End();
        }

        foreach (var (start, end) in _others)
        {
            sink.Add(Decode(_octets.AsSpan(start, end - start)));
            sink.End();
        }
    }

    /// <summary>Header octets as text: unfolded, encoded words decoded (RFC 2047), raw 8-bit as UTF-8 where it is that.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A charset that cannot be decoded must not end a search; the octets are searched as they are.")]
    public static string Decode(ReadOnlySpan<byte> raw)
    {
        var clean = HeaderFields.Unfold(raw, StructureLimits.HeaderOctets);
        if (Ascii.IsValid(clean) && clean.AsSpan().IndexOf("=?"u8) < 0)
            return Encoding.ASCII.GetString(clean);
        try
        {
            return Rfc2047.DecodeText(clean);
        }
        catch (Exception)
        {
            return Encoding.Latin1.GetString(clean);
        }
    }

    private bool Search(string text)
    {
        foreach (var (start, _, end) in _fields)
            if (Decode(_octets.AsSpan(start, end - start)).Contains(text, StringComparison.OrdinalIgnoreCase))
                return true;
        foreach (var (start, end) in _others)
            if (Decode(_octets.AsSpan(start, end - start)).Contains(text, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    private ReadOnlySpan<byte> Value((int Start, int Colon, int End) field) => _octets.AsSpan(field.Colon + 1, field.End - field.Colon - 1);

    private bool IsNamed((int Start, int Colon, int End) field, string name) =>
        Ascii.EqualsIgnoreCase(_octets.AsSpan(field.Start, field.Colon - field.Start).TrimEnd(" \t"u8), name);

    // A field goes on for as long as the next line begins with white space (RFC 5322 §2.2.3).
    private static int EndOfField(ReadOnlySpan<byte> octets, int at)
    {
        while (true)
        {
            var end = octets[at..].IndexOf((byte)'\n');
            if (end < 0)
                return octets.Length;
            at += end + 1;
            if (at == octets.Length || octets[at] is not ((byte)' ' or (byte)'\t'))
                return at;
        }
    }

    // The first empty line, or -1; looked is how far it is known that there is none.
    private static int EndOfHeader(ReadOnlySpan<byte> octets, ref int looked)
    {
        while (octets[looked..].IndexOf((byte)'\n') is >= 0 and var next)
        {
            var line = octets.Slice(looked, next);
            if (line.IsEmpty || line is [(byte)'\r'])
                return looked;
            looked += next + 1;
        }

        return -1;
    }
}
