using MailServer.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MailServer.RuleHost;

/// <summary>Finds what compiles and yet is hardly meant: the usual mistakes in rules. It warns only where it is sure enough to be listened to.</summary>
internal sealed class RuleAdvice(SemanticModel model, Action<string, bool, string, Location> report) : CSharpSyntaxWalker
{
    /// <summary>Looks through a script; each finding is told with an id, whether it is an error, a sentence and its place.</summary>
    public static void Find(SemanticModel model, IReadOnlyList<string> folders, Action<string, bool, string, Location> report)
    {
        var root = model.SyntaxTree.GetRoot();
        new RuleAdvice(model, report).Visit(root);
        FolderAdvice.Find(model, folders, report);
    }

    public override void VisitCompilationUnit(CompilationUnitSyntax node)
    {
        CheckAfterStop([.. node.Members.Select(member => member is GlobalStatementSyntax global ? (SyntaxNode)global.Statement : member)]);
        base.VisitCompilationUnit(node);
    }

    public override void VisitBlock(BlockSyntax node)
    {
        CheckAfterStop([.. node.Statements]);
        base.VisitBlock(node);
    }

    public override void VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        if (node.Expression is InvocationExpressionSyntax call && Called(call) is { ReturnsVoid: false } method && IsQuestion(method))
            report("RULE004", false, $"the answer of {method.Name} is not used: put it into if (...)", node.GetLocation());
        base.VisitExpressionStatement(node);
    }

    public override void VisitInvocationExpression(InvocationExpressionSyntax node)
    {
        if (Called(node) is { } method && Scripts.IsApi(method))
            CallAdvice.Check(method, node, model, report);
        base.VisitInvocationExpression(node);
    }

    public override void VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        if (node.IsKind(SyntaxKind.EqualsExpression) || node.IsKind(SyntaxKind.NotEqualsExpression))
            CheckLowerCase(node);
        base.VisitBinaryExpression(node);
    }

    // C# knows that nothing comes after return; that nothing comes after Stop() it does not.
    private void CheckAfterStop(IReadOnlyList<SyntaxNode> statements)
    {
        for (var i = 0; i + 1 < statements.Count; i++)
            if (statements[i] is ExpressionStatementSyntax { Expression: InvocationExpressionSyntax call } && Called(call) is { Name: nameof(RuleGlobals.Stop) } method && Scripts.IsApi(method)
                && statements.Skip(i + 1).FirstOrDefault(next => next is StatementSyntax and not LocalFunctionStatementSyntax and not EmptyStatementSyntax and not LabeledStatementSyntax and not BreakStatementSyntax) is { } dead)
            {
                report("RULE003", false, "this is never reached: Stop() above it ends the rule", dead.GetFirstToken().GetLocation());
                return;
            }
    }

    private static bool IsQuestion(IMethodSymbol method) => Scripts.IsApi(method)
        ? method.Name != nameof(RuleGlobals.IsDuplicate)
        : method.ContainingType.SpecialType == SpecialType.System_String || method.ContainingType.ToDisplayString() == "System.Linq.Enumerable";

    // What is always in lower case is never equal to what is not.
    private void CheckLowerCase(BinaryExpressionSyntax node)
    {
        var (fact, text) = model.GetConstantValue(node.Right) is { HasValue: true, Value: string right } ? (node.Left, right)
            : model.GetConstantValue(node.Left) is { HasValue: true, Value: string left } ? (node.Right, left) : default;
        if (fact is null || !text.Any(char.IsUpper))
            return;
        if (model.GetSymbolInfo(fact).Symbol is IPropertySymbol property && Scripts.IsApi(property)
            && (property.ContainingType.Name, property.Name) is (nameof(Mail), nameof(Mail.List)) or (nameof(AuthenticationCheck), _) or (nameof(Attachment), nameof(Attachment.Type)))
            report("RULE006", false, $"{property.Name} is always in lower case, so it is never \"{text}\": write \"{text.ToLowerInvariant()}\"", node.GetLocation());
    }

    private IMethodSymbol? Called(InvocationExpressionSyntax call) => model.GetSymbolInfo(call).Symbol as IMethodSymbol;
}

/// <summary>What belongs to the rules' API.</summary>
internal static class Scripts
{
    public static bool IsApi(ISymbol symbol) => symbol.ContainingAssembly?.Name == typeof(RuleGlobals).Assembly.GetName().Name;

    public static string? TextOf(ExpressionSyntax? expression, SemanticModel model) =>
        expression is not null && model.GetConstantValue(expression) is { HasValue: true, Value: string text } ? text : null;

    /// <summary>What is given for a parameter, by its place or by its name.</summary>
    public static ExpressionSyntax? ArgumentFor(InvocationExpressionSyntax call, IMethodSymbol method, string parameter)
    {
        var index = method.Parameters.FirstOrDefault(each => each.Name == parameter)?.Ordinal ?? -1;
        var arguments = call.ArgumentList.Arguments;
        return arguments.FirstOrDefault(argument => argument.NameColon?.Name.Identifier.ValueText == parameter)?.Expression
            ?? (index >= 0 && index < arguments.Count && arguments[index].NameColon is null ? arguments[index].Expression : null);
    }
}
