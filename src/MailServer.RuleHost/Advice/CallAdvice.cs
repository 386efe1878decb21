using System.Net;
using System.Text.RegularExpressions;
using MailServer.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MailServer.RuleHost;

/// <summary>Looks at the texts that a rule's questions and verbs are given.</summary>
internal static class CallAdvice
{
    private static readonly string[] SystemFlags = ["Seen", "Flagged", "Answered", "Draft", "Deleted"];

    public static void Check(IMethodSymbol method, InvocationExpressionSyntax call, SemanticModel model, Action<string, bool, string, Location> report)
    {
        if (call.ArgumentList.Arguments.FirstOrDefault()?.Expression is not { } first || Scripts.TextOf(first, model) is not { } text)
            return;
        var (id, isError, message) = (method.ContainingType.Name, method.Name) switch
        {
            (nameof(Addresses) or nameof(Correspondent), "IsIn") when text.Contains('@', StringComparison.Ordinal) =>
                ("RULE006", false, $"IsIn asks for a domain, and none has an @: .Is(\"{text}\") asks for an address"),
            (nameof(Addresses) or nameof(Correspondent), "Is") when !text.Contains('@', StringComparison.Ordinal) =>
                ("RULE006", false, $"Is asks for a whole address, and each has an @: .IsIn(\"{text}\") asks for a domain, .Has(\"{text}\") for a part"),
            (nameof(MailText) or nameof(Addresses), "Has" or "StartsWith" or "EndsWith") when text.Length == 0 =>
                ("RULE006", false, "an empty text is in every text; .Exists asks whether there is any"),
            (nameof(Mail), nameof(Mail.HasAttachment)) when text.StartsWith('.') => ("RULE006", false, $"only a file called \"{text}\" fits: \"*{text}\" fits all that end so"),
            (nameof(MailEnvelope), nameof(MailEnvelope.IsFrom)) when !IPNetwork.TryParse(text, out _) && !IPAddress.TryParse(text, out _) =>
                ("RULE006", false, $"\"{text}\" is no network: as \"192.0.2.0/24\" or \"2001:db8::/32\""),
            (nameof(MailText), "Matches" or "Find") when WrongPattern(text) is { } wrong => ("RULE007", true, wrong),
            (nameof(RuleGlobals), "AddFlag" or "RemoveFlag") when SystemFlags.Contains(text, StringComparer.OrdinalIgnoreCase) =>
                ("RULE008", false, $"the keyword \"{text}\" is not the flag: AddFlag({SystemFlags.First(flag => flag.Equals(text, StringComparison.OrdinalIgnoreCase))}), without quotes"),
            (nameof(RuleGlobals), "AddFlag" or "RemoveFlag") when !FlagName.IsValid(text) =>
                ("RULE008", false, $"\"{text}\" can be no keyword: no blanks, none of (){{%*\"\\], ASCII only"),
            (nameof(RuleGlobals), "Reject") when !System.Text.Ascii.IsValid(text) => ("RULE008", false, "the answer must be ASCII; the sender will be told something general instead"),
            _ => default,
        };
        if (id is not null)
            report(id, isError, message, first.GetLocation());
    }

    private static string? WrongPattern(string text)
    {
        try
        {
            Pattern.Of(text);
            return null;
        }
        catch (NotSupportedException)
        {
            return "the expression looks ahead, behind or back, which rules cannot: they run in time that grows with the text alone";
        }
        catch (RegexParseException e)
        {
            return $"no regular expression: {e.Message}";
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}
