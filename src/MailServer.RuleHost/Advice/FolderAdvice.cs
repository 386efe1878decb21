using MailServer.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MailServer.RuleHost;

/// <summary>Looks at the folders that a rule names: what cannot be one, what is probably misspelt, and what a stranger may choose.</summary>
internal static class FolderAdvice
{
    // Letters of a level below which names that differ in one are as often two names: "Shop", "Show".
    private const int MinLength = 5;

    private static readonly string[] Usual = ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"];

    /// <summary>Looks through a script.</summary>
    /// <param name="model">The script.</param>
    /// <param name="known">Folders that accounts have, as far as that is known.</param>
    /// <param name="report">Is told of findings.</param>
    public static void Find(SemanticModel model, IReadOnlyList<string> known, Action<string, bool, string, Location> report)
    {
        List<(string Name, ExpressionSyntax Place)> named = [];
        foreach (var call in model.SyntaxTree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>())
            if (model.GetSymbolInfo(call).Symbol is IMethodSymbol { Name: nameof(RuleGlobals.FileInto) or nameof(RuleGlobals.CopyTo) } method && Scripts.IsApi(method)
                && Scripts.ArgumentFor(call, method, "folder") is { } folder)
                foreach (var choice in ChoicesOf(folder))
                    if (Scripts.TextOf(choice, model) is not { } text)
                        CheckOrigin(choice, model, report);
                    else if (FolderName.TryParse(text, out var name))
                        named.Add((name.Value, choice));
                    else
                        report("RULE008", false, $"\"{text}\" can be no folder, INBOX gets the mail: no empty level, none that begins with a dot", choice.GetLocation());
        CheckSpelling(named, known, report);
    }

    // A condition may choose between two names.
    private static IEnumerable<ExpressionSyntax> ChoicesOf(ExpressionSyntax folder) => folder switch
    {
        ParenthesizedExpressionSyntax inner => ChoicesOf(inner.Expression),
        ConditionalExpressionSyntax choice => ChoicesOf(choice.WhenTrue).Concat(ChoicesOf(choice.WhenFalse)),
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.CoalesceExpression } choice => ChoicesOf(choice.Left).Concat(ChoicesOf(choice.Right)),
        SwitchExpressionSyntax choice => choice.Arms.SelectMany(arm => ChoicesOf(arm.Expression)),
        _ => [folder],
    };

    private static void CheckSpelling(List<(string Name, ExpressionSyntax Place)> named, IReadOnlyList<string> known, Action<string, bool, string, Location> report)
    {
        var there = known.Concat(Usual).ToHashSet(StringComparer.Ordinal);
        var uses = named.GroupBy(each => each.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        foreach (var (name, place) in named.Where(each => !there.Contains(each.Name)))
        {
            // Of two names in one script the one that is used less is the slip; of two used once each, the second.
            var meant = there.FirstOrDefault(other => IsSlip(name, other))
                ?? named.Where(other => IsSlip(name, other.Name) && (uses[other.Name] > uses[name] || (uses[other.Name] == uses[name] && other.Place.SpanStart < place.SpanStart)))
                    .Select(other => other.Name).FirstOrDefault();
            if (meant is not null)
                report("RULE002", false, $"\"{name}\" would be a new folder: did you mean \"{meant}\"?", place.GetLocation());
        }
    }

    /// <summary>Whether a name differs from another by case, or by one letter of one long level; digits make other names.</summary>
    private static bool IsSlip(string name, string other)
    {
        if (name == other)
            return false;
        if (name.Equals(other, StringComparison.OrdinalIgnoreCase))
            return true;
        var (levels, others) = (name.Split('/'), other.Split('/'));
        if (levels.Length != others.Length)
            return false;
        var differing = Enumerable.Range(0, levels.Length).Where(i => !levels[i].Equals(others[i], StringComparison.OrdinalIgnoreCase)).ToList();
        return differing is [var only] && Math.Min(levels[only].Length, others[only].Length) >= MinLength
            && Spelling.Distance(levels[only], others[only]) == 1
            && string.Concat(levels[only].Where(char.IsDigit)) == string.Concat(others[only].Where(char.IsDigit));
    }

    /// <summary>Whether whoever writes a mail chooses the folder's first level: INBOX and Junk as well.</summary>
    private static void CheckOrigin(ExpressionSyntax folder, SemanticModel model, Action<string, bool, string, Location> report)
    {
        var chosen = folder is InterpolatedStringExpressionSyntax { Contents: [InterpolationSyntax hole, ..] } ? hole.Expression
            : folder is BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum ? Leftmost(sum)
            : folder;
        if (MailValue.IsIn(chosen, model) && !MailValue.IsChecked(chosen, model))
            report("RULE005", false, "whoever writes the mail chooses this folder, INBOX and Junk too: put it below one of yours, $\"Plus/{...}\", or choose among those there are, Folders.Find(...)", folder.GetLocation());
    }

    private static ExpressionSyntax Leftmost(ExpressionSyntax expression) =>
        expression is BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum ? Leftmost(sum.Left) : expression;
}
