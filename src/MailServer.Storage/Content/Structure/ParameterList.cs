using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// The parameters of a MIME field (RFC 2045 §5.1) as BODYSTRUCTURE shows them: as they are written, but the pieces of a continued value
/// (RFC 2231 §3) put together, since the client cannot ask for the header of every part.
/// </summary>
internal sealed class ParameterList
{
    private readonly List<(string Name, byte[] Value)> _all = [];

    /// <summary>How many there are.</summary>
    public int Count => _all.Count;

    /// <summary>Whether one has this name.</summary>
    public bool Has(string name) => _all.Exists(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds one.</summary>
    public void Add(string name, byte[] value) => _all.Add((name, value));

    /// <summary>Reads what comes after the first semicolon, and gives what comes before it.</summary>
    public static ParameterList Read(ReadOnlySpan<byte> field, out ReadOnlySpan<byte> before)
    {
        var list = new ParameterList();
        var at = 0;
        before = Strip(TakeUntil(field, ref at, (byte)';'));
        while (at < field.Length && list.Count < StructureLimits.Parameters)
        {
            at++;
            var piece = TakeUntil(field, ref at, (byte)';');
            var equals = piece.IndexOf((byte)'=');
            if (equals <= 0)
                continue;
            var name = Strip(piece[..equals]);
            if (!name.IsEmpty)
                list.Add(Encoding.UTF8.GetString(name), Value(piece[(equals + 1)..]));
        }

        list.Join();
        return list;
    }

    /// <summary>Writes <c>("name" "value" ...)</c> or NIL.</summary>
    public void Write(ImapText output)
    {
        if (_all.Count == 0)
        {
            output.Nil();
            return;
        }

        var separator = "("u8;
        foreach (var (name, value) in _all)
        {
            output.Raw(separator).String(name).Raw(" "u8).String(value);
            separator = " "u8;
        }

        output.Raw(")"u8);
    }

    // Up to an octet that stands neither within quotes nor within a comment.
    private static ReadOnlySpan<byte> TakeUntil(ReadOnlySpan<byte> text, scoped ref int at, byte end)
    {
        var start = at;
        var (isQuoted, depth) = (false, 0);
        for (; at < text.Length; at++)
        {
            var octet = text[at];
            if (octet == (byte)'\\')
                at++;
            else if (octet == (byte)'"' && depth == 0)
                isQuoted = !isQuoted;
            else if (octet == (byte)'(' && !isQuoted)
                depth++;
            else if (octet == (byte)')' && !isQuoted && depth > 0)
                depth--;
            else if (octet == end && !isQuoted && depth == 0)
                break;
        }

        at = Math.Min(at, text.Length);
        return text[start..at];
    }

    /// <summary>Without comments (RFC 822 §3.1.4 allows them nearly everywhere) and white space around.</summary>
    internal static ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'('))
            return text.Trim(" \t"u8);
        var kept = new List<byte>(text.Length);
        var depth = 0;
        foreach (var octet in text)
        {
            if (octet == (byte)'(')
                depth++;
            else if (octet == (byte)')' && depth > 0)
                depth--;
            else if (depth == 0)
                kept.Add(octet);
        }

        return ((ReadOnlySpan<byte>)kept.ToArray()).Trim(" \t"u8);
    }

    private static byte[] Value(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t"u8);
        if (text.IsEmpty || text[0] != (byte)'"')
        {
            // Unquoted file names with spaces are common; with an equals sign behind the space it is a forgotten semicolon.
            text = Strip(text);
            var space = text.IndexOfAny((byte)' ', (byte)'\t');
            return (space >= 0 && text[space..].Contains((byte)'=') ? text[..space] : text).ToArray();
        }

        var value = new List<byte>(text.Length);
        for (var i = 1; i < text.Length && text[i] != (byte)'"'; i++)
        {
            if (text[i] == (byte)'\\' && i + 1 < text.Length)
                i++;
            value.Add(text[i]);
        }

        return [.. value];
    }

    // name*0, name*1 ... become name; with an encoded piece (name*0*) all becomes name*, its other pieces encoded too.
    private void Join()
    {
        for (var i = 0; i < _all.Count; i++)
        {
            if (!IsPiece(_all[i].Name, out var name, out var number, out _) || number != 0)
                continue;

            var pieces = new List<(byte[] Value, bool IsEncoded)>();
            for (var wanted = 0; Find(i, name, wanted, out var found, out var isEncoded); wanted++)
            {
                pieces.Add((_all[found].Value, isEncoded));
                if (found != i)
                    _all.RemoveAt(found);
            }

            var encoded = pieces.Exists(piece => piece.IsEncoded);
            _all[i] = (encoded ? name + "*" : name, [.. pieces.SelectMany(piece => encoded && !piece.IsEncoded ? Percent(piece.Value) : piece.Value)]);
        }
    }

    private bool Find(int from, string name, int number, out int found, out bool isEncoded)
    {
        isEncoded = false;
        for (found = from; found < _all.Count; found++)
            if (IsPiece(_all[found].Name, out var its, out var itsNumber, out isEncoded)
                && itsNumber == number && its.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    private static bool IsPiece(string name, out string bare, out int number, out bool isEncoded)
    {
        isEncoded = name.EndsWith('*');
        var text = isEncoded ? name[..^1] : name;
        var star = text.IndexOf('*', StringComparison.Ordinal);
        bare = star > 0 ? text[..star] : name;
        number = 0;
        return star > 0 && int.TryParse(text.AsSpan(star + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static byte[] Percent(byte[] value) => Encoding.ASCII.GetBytes(string.Concat(value.Select(octet =>
        char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'.' or (byte)'-' or (byte)'_' ? ((char)octet).ToString() : $"%{octet:X2}")));
}
