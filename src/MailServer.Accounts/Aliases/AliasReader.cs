using System.Globalization;

namespace MailServer.Accounts;

/// <summary>
/// Reads the form of Postfix's <c>virtual(5)</c>: <c>address target, target</c>, one alias a line, <c>@domain</c> for all of a domain, <c>#</c>
/// for comments; a line that begins with a blank goes on with the one before it.
/// </summary>
public static class AliasReader
{
    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    private static readonly char[] Separators = [' ', '\t', ','];

    /// <summary>Reads a file's lines.</summary>
    /// <exception cref="FormatException">One is wrong; the message begins with its number.</exception>
    public static AliasTable Read(IReadOnlyList<string> lines)
    {
        var table = new Dictionary<string, EmailAddress[]>(StringComparer.Ordinal);
        var aliases = new List<AliasLine>();
        for (var i = 0; i < lines.Count;)
        {
            var number = i + 1;
            var text = lines[i++];
            if (text.AsSpan().Trim().IsEmpty || text.TrimStart()[0] == '#')
                continue;
            while (i < lines.Count && lines[i].Length > 0 && char.IsWhiteSpace(lines[i][0]) && !lines[i].AsSpan().Trim().IsEmpty)
                text += $" {lines[i++]}";
            var words = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var address = AddressOf(words[0].TrimEnd(':'), number);
            if (words.Length == 1)
                throw Wrong(number, $"{words[0]} leads to nobody: ADDRESS TARGET... is expected");
            var targets = words.Skip(1).Select(word => AddressOf(word, number)).Distinct().ToArray();
            if (!table.TryAdd(AliasTable.KeyOf(address), targets))
                throw Wrong(number, $"{words[0]} is there twice");
            aliases.Add(new(number, address, targets));
        }

        return new(table, aliases);
    }

    /// <summary>An address, or <c>@domain</c>; the domain as A-labels in lower case.</summary>
    private static EmailAddress AddressOf(string word, int number)
    {
        if (!EmailAddress.TryParse(word.StartsWith('@') ? $"x{word}" : word, out var address))
            throw Wrong(number, $"\"{word}\" is neither an address nor @domain");
        try
        {
            return new(word.StartsWith('@') ? "" : address.LocalPart, Idn.GetAscii(address.Domain).ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            throw Wrong(number, $"\"{address.Domain}\" is no domain");
        }
    }

    private static FormatException Wrong(int number, string what) => new(string.Create(CultureInfo.InvariantCulture, $"{number}: {what}"));
}
