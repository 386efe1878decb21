using System.Text;

namespace MailServer.Pipeline;

/// <summary>Writes header fields, folded (RFC 5322 §2.2.3).</summary>
internal static class FieldWriter
{
    /// <summary>RFC 5322 §2.1.1: a line should not be longer.</summary>
    private const int LineLength = 78;

    /// <summary>RFC 5322 §2.1.1: a line must not be longer.</summary>
    private const int MaxLineOctets = 998;

    /// <summary>Octets of one field that a filter adds: an Authentication-Results of many signatures has some thousand.</summary>
    private const int MaxOctets = 16 * 1024;

    /// <summary><c>field-name = 1*ftext</c> and <c>unstructured</c> without control characters (RFC 5322 §2.2, RFC 6532 §3).</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void Check(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        if (name.Length > 76 || name.AsSpan().ContainsAnyExceptInRange('!', '~') || name.Contains(':', StringComparison.Ordinal))
            throw new ArgumentException("not a field name", nameof(name));
        if (value.Any(c => char.IsControl(c) && c != '\t'))
            throw new ArgumentException("a field's value has no control characters", nameof(value));
        if (Encoding.UTF8.GetByteCount(value) > MaxOctets || value.Split(' ', '\t').Any(word => Encoding.UTF8.GetByteCount(word) > MaxLineOctets - 80))
            throw new ArgumentException("too long", nameof(value));
    }

    /// <summary>Adds a field with LF line ends, folded before white space where a line would be too long. Unfolded it is the value again.</summary>
    public static void Append(StringBuilder target, string name, string value)
    {
        target.Append(name).Append(':');
        var column = name.Length + 1;
        var start = 0;
        var text = " " + value;
        while (start < text.Length)
        {
            var next = start + 1;
            while (next < text.Length && text[next] is not (' ' or '\t'))
                next++;
            // Not a line of white space alone, and no fold at the very start (RFC 5322 §3.2.2).
            var isBlank = next - start == 1;
            if (column + next - start > LineLength && column > name.Length + 1 && !isBlank)
            {
                target.Append('\n');
                column = 0;
            }

            target.Append(text, start, next - start);
            column += next - start;
            start = next;
        }

        target.Append('\n');
    }
}
