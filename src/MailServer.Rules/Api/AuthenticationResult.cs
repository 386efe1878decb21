namespace MailServer.Rules;

/// <summary>One result of an Authentication-Results field.</summary>
/// <param name="Method">As <c>dkim</c>.</param>
/// <param name="Value">As <c>pass</c>.</param>
/// <param name="Domain">What it is about.</param>
internal sealed record AuthenticationResult(string Method, string Value, string Domain)
{
    /// <summary>Results that are looked at: filters write a handful.</summary>
    private const int MaxResults = 100;

    // Where each method says what it is about (RFC 8601 §2.7, RFC 8617 §4.2.1).
    private static readonly string[] Domains = ["header.d", "header.from", "smtp.mailfrom", "smtp.helo", "header.i"];

    /// <summary>Reads <c>authserv-id [version] 1*(";" method "=" result [reason] *(ptype "." property "=" value))</c> (RFC 8601 §2.2).</summary>
    public static IReadOnlyList<AuthenticationResult> Parse(IReadOnlyList<string> fields)
    {
        List<AuthenticationResult> results = [];
        foreach (var field in fields)
            foreach (var clause in Split(field, ';').Skip(1))
                if (results.Count < MaxResults && Read(clause) is { } result)
                    results.Add(result);
        return results;
    }

    private static AuthenticationResult? Read(string clause)
    {
        var words = Split(clause, ' ').Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2).ToList();
        if (words.Count == 0)
            return null;
        // method may have a version: dkim/1=pass
        var method = words[0][0].Split('/')[0].ToLowerInvariant();
        var about = Domains.Select(name => words.Find(pair => pair[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1]).FirstOrDefault(value => value is not null) ?? "";
        return new(method, words[0][1].ToLowerInvariant(), about[(about.LastIndexOf('@') + 1)..].ToLowerInvariant());
    }

    /// <summary>Cuts at a character that stands outside of comments and quoted strings; comments are left out, quotes taken off.</summary>
    private static List<string> Split(string text, char at)
    {
        List<string> pieces = [];
        var piece = new System.Text.StringBuilder();
        var (depth, isQuoted) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && (isQuoted || depth > 0) && i + 1 < text.Length)
                c = text[++i];
            else if (c == '"' && depth == 0)
            {
                isQuoted = !isQuoted;
                // Kept for the second cut, which is the one at blanks.
                if (at == ';')
                    piece.Append(c);
                continue;
            }
            else if (!isQuoted && (c == '(' || (c == ')' && depth > 0)))
            {
                depth += c == '(' ? 1 : -1;
                continue;
            }
            else if (!isQuoted && depth == 0 && (c == at || (at == ' ' && char.IsWhiteSpace(c))))
            {
                pieces.Add(piece.ToString().Trim());
                piece.Clear();
                continue;
            }

            if (depth == 0)
                piece.Append(c);
        }

        pieces.Add(piece.ToString().Trim());
        return pieces;
    }
}
