using System.Text;
using MailServer.Rules;
using MimeKit;

namespace MailServer.Pipeline;

/// <summary>Turns fields into text: unfolded (RFC 5322 §2.2.3), decoded (RFC 2047), without control characters.</summary>
internal static class HeaderDecoder
{
    /// <summary>Values of one name that are given out: Received fields, the most there are in real mail, come to twenty.</summary>
    public const int MaxValues = 1000;

    /// <summary>People of one field: lists of recipients in real mail end below this.</summary>
    public const int MaxPeople = 2000;

    public static void AddValues(HeaderBlock block, ReadOnlySpan<byte> name, List<string> values)
    {
        foreach (var field in block.Fields)
            if (block.Has(field, name) && values.Count < MaxValues)
                values.Add(Decode(block.Octets(field)));
    }

    public static IReadOnlyList<Correspondent> Addresses(HeaderBlock block, string name)
    {
        List<Correspondent> people = [];
        if (!Ascii.IsValid(name))
            return people;
        var octets = Encoding.ASCII.GetBytes(name);
        foreach (var field in block.Fields)
            if (block.Has(field, octets) && InternetAddressList.TryParse(MimeOptions.Fields, block.ValueOctets(field).ToArray(), out var list))
                foreach (var person in list.Mailboxes.Take(MaxPeople - people.Count))
                    people.Add(new() { Name = OneLineOf(person.Name), LocalPart = OneLineOf(person.LocalPart), Domain = OneLineOf(person.Domain) });
        return people;
    }

    private static string Decode(ReadOnlySpan<byte> octets)
    {
        var buffer = octets.ToArray();
        return MimeKit.Header.TryParse(MimeOptions.Fields, buffer, 0, buffer.Length, out var field) ? OneLineOf(field.Value) : "";
    }

    // An encoded word may hold line ends and other control characters.
    private static string OneLineOf(string? text)
    {
        if (text is null)
            return "";
        var value = text.AsSpan().Trim();
        foreach (var c in value)
            if (char.IsControl(c))
                return string.Concat(value.ToString().Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return value.Length == text.Length ? text : value.ToString();
    }
}
