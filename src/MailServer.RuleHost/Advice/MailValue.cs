using MailServer.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MailServer.RuleHost;

/// <summary>Tells texts that come from a mail, and so from anybody, from those that the rule's author wrote.</summary>
internal static class MailValue
{
    /// <summary>Whether an expression is a part of the mail, taken as it is.</summary>
    public static bool IsIn(ExpressionSyntax expression, SemanticModel model) => IsIn(expression, model, depth: 0);

    // A variable may be made of another: a few steps are followed.
    private static bool IsIn(ExpressionSyntax expression, SemanticModel model, int depth)
    {
        if (depth > 4)
            return false;
        switch (expression)
        {
            case ParenthesizedExpressionSyntax inner:
                return IsIn(inner.Expression, model, depth);
            case MemberAccessExpressionSyntax or ElementAccessExpressionSyntax or InvocationExpressionSyntax or ConditionalAccessExpressionSyntax:
                return RootOf(expression) is IdentifierNameSyntax root && IsText(expression, model) && (IsMail(model.GetSymbolInfo(root).Symbol) || IsIn(root, model, depth + 1));
            case IdentifierNameSyntax name when model.GetSymbolInfo(name).Symbol is { } symbol:
                return IsMail(symbol) || (OriginOf(symbol) is { } origin && IsIn(origin, model, depth + 1));
            default:
                return false;
        }
    }

    /// <summary>Whether a condition around it compares it with something: then the author has chosen what may pass.</summary>
    public static bool IsChecked(ExpressionSyntax expression, SemanticModel model)
    {
        var text = expression.WithoutTrivia().ToString();
        var symbol = model.GetSymbolInfo(expression).Symbol;
        foreach (var above in expression.Ancestors())
            if (ConditionOf(above) is { } condition && condition.DescendantNodesAndSelf().OfType<ExpressionSyntax>().Any(IsCompared))
                return true;
        return false;

        bool IsCompared(ExpressionSyntax each) =>
            (each.WithoutTrivia().ToString() == text || (symbol is ILocalSymbol && SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(each).Symbol, symbol)))
            && (each.Parent is ArgumentSyntax
                || each.Parent is BinaryExpressionSyntax { RawKind: (int)SyntaxKind.EqualsExpression }
                || (each.Parent is IsPatternExpressionSyntax { Pattern: ConstantPatternSyntax or BinaryPatternSyntax })
                || (each.Parent is MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Is" or "Equals" or "StartsWith" or "IsIn" or "Like" or "Matches" or "All" }));
    }

    private static ExpressionSyntax? ConditionOf(SyntaxNode node) => node switch
    {
        IfStatementSyntax branch => branch.Condition,
        ConditionalExpressionSyntax branch => branch.Condition,
        WhileStatementSyntax loop => loop.Condition,
        SwitchStatementSyntax choice => choice.Expression,
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalAndExpression } both => both.Left,
        _ => null,
    };

    private static ExpressionSyntax RootOf(ExpressionSyntax expression) => expression switch
    {
        MemberAccessExpressionSyntax member => RootOf(member.Expression),
        ElementAccessExpressionSyntax element => RootOf(element.Expression),
        ConditionalAccessExpressionSyntax conditional => RootOf(conditional.Expression),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax member } => RootOf(member.Expression),
        ParenthesizedExpressionSyntax inner => RootOf(inner.Expression),
        _ => expression,
    };

    private static bool IsText(ExpressionSyntax expression, SemanticModel model) =>
        model.GetTypeInfo(expression).Type is { } type && (type.SpecialType == SpecialType.System_String || (Scripts.IsApi(type) && type.Name is nameof(MailText) or nameof(Correspondent)));

    private static bool IsMail(ISymbol? symbol) =>
        symbol is IPropertySymbol { Name: nameof(RuleGlobals.Mail) or nameof(RuleGlobals.Detail) or nameof(RuleGlobals.Envelope), ContainingType.Name: nameof(RuleGlobals) } && Scripts.IsApi(symbol);

    /// <summary>What a variable was made of: its first value, or what a pattern was held against.</summary>
    private static ExpressionSyntax? OriginOf(ISymbol symbol) => symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() switch
    {
        VariableDeclaratorSyntax { Initializer.Value: var value } => value,
        SingleVariableDesignationSyntax designation => designation.FirstAncestorOrSelf<IsPatternExpressionSyntax>()?.Expression,
        _ => null,
    };
}
