using System.Text;

namespace MailServer.Storage;

/// <summary>A verb as a step of the journal has it: <c>FileInto("Lists/dev", ["\\Seen"])</c>.</summary>
/// <param name="Verb">Its name.</param>
/// <param name="Texts">Its texts, those of a list too.</param>
/// <param name="HasList">Whether it has a list.</param>
internal sealed record ActionCall(string Verb, IReadOnlyList<string> Texts, bool HasList);

/// <summary>
/// Reads a step's action: <c>action = ["Junk(): " / "Archive(): "] call *(", " call)</c>, where the verb in front is what the calls stand for.
/// </summary>
internal static class ActionText
{
    private static readonly string[] Fronts = ["Junk(): ", "Archive(): "];

    /// <summary>The calls; null when it is something else, or was cut off.</summary>
    public static IReadOnlyList<ActionCall>? TryRead(string action)
    {
        foreach (var front in Fronts)
            if (action.StartsWith(front, StringComparison.Ordinal))
                action = action[front.Length..];
        List<ActionCall> calls = [];
        for (var at = 0; ;)
        {
            if (ReadCall(action, ref at) is not { } call)
                return null;
            calls.Add(call);
            if (at == action.Length)
                return calls;
            if (!Skip(action, ref at, ", "))
                return null;
        }
    }

    private static ActionCall? ReadCall(string text, ref int at)
    {
        var open = text.IndexOf('(', at);
        if (open <= at || text.AsSpan(at, open - at).ContainsAnyExcept(Letters))
            return null;
        var verb = text[at..open];
        at = open + 1;
        List<string> texts = [];
        var hasList = false;
        while (at < text.Length && text[at] != ')')
            if (text[at] == '"')
            {
                if (ReadText(text, ref at) is not { } value)
                    return null;
                texts.Add(value);
            }
            else if (text[at] is '[' or ']')
            {
                hasList = true;
                at++;
            }
            else if (!Skip(text, ref at, ", "))
                return null;
        return Skip(text, ref at, ")") ? new(verb, texts, hasList) : null;
    }

    private static string? ReadText(string text, ref int at)
    {
        var value = new StringBuilder();
        for (at++; at < text.Length; at++)
            switch (text[at])
            {
                case '"':
                    at++;
                    return value.ToString();
                case '…':
                    return null;
                case '\\' when at + 1 < text.Length:
                    value.Append(text[++at]);
                    break;
                default:
                    value.Append(text[at]);
                    break;
            }

        return null;
    }

    private static bool Skip(string text, ref int at, string mark)
    {
        if (!text.AsSpan(at).StartsWith(mark, StringComparison.Ordinal))
            return false;
        at += mark.Length;
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> Letters = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}
