using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace MailServer.RuleHost;

/// <summary>Finds what is not for users' scripts: every name a script binds, every member it uses without naming it, every construct that rules have no use for.</summary>
internal sealed class UserScriptCheck : CSharpSyntaxWalker
{
    /// <summary>Findings that are told: a script that is full of them was not written as a rule.</summary>
    private const int MaxFindings = 20;

    private readonly SemanticModel _model;
    private readonly AllowedMembers _allowed;
    private readonly Action<string, string, Location> _report;
    private readonly HashSet<Location> _places = [];

    private UserScriptCheck(SemanticModel model, AllowedMembers allowed, Action<string, string, Location> report)
        : base(SyntaxWalkerDepth.StructuredTrivia) => (_model, _allowed, _report) = (model, allowed, report);

    /// <summary>Checks a script; each finding is told with an id, a message and its place.</summary>
    public static void Find(Compilation compilation, SyntaxTree tree, Action<string, string, Location> report) =>
        new UserScriptCheck(compilation.GetSemanticModel(tree), new(compilation), report).Visit(tree.GetRoot());

    public override void DefaultVisit(SyntaxNode node)
    {
        if (ForbiddenSyntax.Of(node.Kind()) is { } words)
        {
            Report("RULE101", $"not for rules: {words}", node.GetFirstToken().GetLocation());
            return;
        }

        CheckSymbols(node);
        base.DefaultVisit(node);
    }

    public override void VisitToken(SyntaxToken token)
    {
        if (ForbiddenSyntax.Of(token.Kind()) is { } words)
            Report("RULE101", $"not for rules: {words}", token.GetLocation());
        else if (token.IsKind(SyntaxKind.UsingKeyword))
            Report("RULE101", $"not for rules: {ForbiddenSyntax.Of(SyntaxKind.UsingStatement)}", token.GetLocation());
        base.VisitToken(token);
    }

    private void CheckSymbols(SyntaxNode node)
    {
        Check(_model.GetSymbolInfo(node).Symbol, node);
        if (_model.GetTypeInfo(node).Type is { TypeKind: TypeKind.Dynamic or TypeKind.Pointer or TypeKind.FunctionPointer } type)
            Check(type, node);
        switch (node)
        {
            case CommonForEachStatementSyntax loop:
                var each = _model.GetForEachStatementInfo(loop);
                CheckAll(node, each.GetEnumeratorMethod, each.MoveNextMethod, each.CurrentProperty, each.DisposeMethod, each.ElementConversion.MethodSymbol, each.CurrentConversion.MethodSymbol);
                if (loop is ForEachVariableStatementSyntax several)
                    Check(_model.GetDeconstructionInfo(several), node);
                break;
            case AssignmentExpressionSyntax assignment:
                Check(_model.GetDeconstructionInfo(assignment), node);
                break;
            case QueryClauseSyntax clause:
                var query = _model.GetQueryClauseInfo(clause);
                CheckAll(node, query.CastInfo.Symbol, query.OperationInfo.Symbol);
                break;
        }

        if (node is ExpressionSyntax expression)
        {
            Check(_model.GetConversion(expression).MethodSymbol, node);
            if (expression.Parent is InitializerExpressionSyntax { RawKind: (int)SyntaxKind.CollectionInitializerExpression })
                Check(_model.GetCollectionInitializerSymbolInfo(expression).Symbol, node);
        }

        // What the compiler calls without a name in the text: patterns, operators, ranges, interpolation.
        if (node is GlobalStatementSyntax or BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or ArrowExpressionClauseSyntax or EqualsValueClauseSyntax
            && _model.GetOperation(node is GlobalStatementSyntax { Statement: var statement } ? statement : node) is { } operation)
            foreach (var each in operation.DescendantsAndSelf())
                CheckAll(each.Syntax, SymbolsOf(each));
    }

    private static ISymbol?[] SymbolsOf(IOperation operation) => operation switch
    {
        IInvocationOperation call => [call.TargetMethod],
        IObjectCreationOperation creation => [creation.Constructor],
        IMemberReferenceOperation member => [member.Member],
        IImplicitIndexerReferenceOperation indexer => [indexer.IndexerSymbol, indexer.LengthSymbol],
        IConversionOperation conversion => [conversion.OperatorMethod],
        IBinaryOperation binary => [binary.OperatorMethod],
        IUnaryOperation unary => [unary.OperatorMethod],
        ICompoundAssignmentOperation assignment => [assignment.OperatorMethod],
        IIncrementOrDecrementOperation increment => [increment.OperatorMethod],
        IRecursivePatternOperation pattern => [pattern.DeconstructSymbol, pattern.MatchedType],
        IListPatternOperation list => [list.LengthSymbol, list.IndexerSymbol],
        ISlicePatternOperation slice => [slice.SliceSymbol],
        ICollectionExpressionOperation collection => [collection.ConstructMethod],
        ISpreadOperation spread => [spread.ElementConversion.MethodSymbol],
        IWithOperation with => [with.CloneMethod],
        _ => [],
    };

    private void Check(DeconstructionInfo info, SyntaxNode node)
    {
        Check(info.Method, node);
        Check(info.Conversion?.MethodSymbol, node);
        foreach (var nested in info.Nested)
            Check(nested, node);
    }

    private void CheckAll(SyntaxNode node, params ISymbol?[] symbols)
    {
        foreach (var symbol in symbols)
            Check(symbol, node);
    }

    private void Check(ISymbol? symbol, SyntaxNode node)
    {
        var isAllowed = symbol switch
        {
            null or INamespaceSymbol or ILocalSymbol or IParameterSymbol or ILabelSymbol or IRangeVariableSymbol or IDiscardSymbol or IAliasSymbol => true,
            ITypeSymbol type => _allowed.Allows(type),
            IMethodSymbol { ReducedFrom: { } whole } => _allowed.Allows((ISymbol)whole),
            _ => _allowed.Allows(symbol),
        };
        if (!isAllowed)
            Report("RULE100", $"{NameOf(symbol!)} is not for rules: {HintFor(symbol!)}", node.GetLocation());
    }

    private void Report(string id, string message, Location location)
    {
        // A name is seen as a name, as part of a call, and as an operation: told once, the shortest.
        if (_places.Count < MaxFindings && !_places.Any(place => place.SourceSpan.IntersectsWith(location.SourceSpan)) && _places.Add(location))
            _report(id, message, location);
    }

    private static string NameOf(ISymbol symbol) => symbol switch
    {
        ITypeSymbol type => type.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat),
        IMethodSymbol { MethodKind: MethodKind.Constructor } made => $"new {made.ContainingType.Name}",
        IMethodSymbol { AssociatedSymbol: { } property } => $"{symbol.ContainingType?.Name}.{property.Name}",
        _ => $"{symbol.ContainingType?.Name}.{symbol.Name}",
    };

    private static string HintFor(ISymbol symbol)
    {
        var type = symbol as ITypeSymbol ?? symbol.ContainingType;
        var space = type?.ContainingNamespace?.ToDisplayString() ?? "";
        return (space, type?.Name) switch
        {
            ("System.Text.RegularExpressions", _) => "ask Mail.Subject.Matches(\"...\") and the like, which are as mighty and always end",
            ("System", "Environment" or "AppDomain" or "AppContext" or "GC") => "rules have nothing to do with the server they run on",
            ("System", "Console") => "a rule has no terminal; what it decides is in the journal (mailserver explain)",
            ("System", "Type" or "Delegate" or "Activator") => "rules do not look at programs",
            _ when symbol.Name == "GetType" => "rules do not look at programs",
            _ when space.StartsWith("System.Reflection", StringComparison.Ordinal) || space.StartsWith("System.Runtime", StringComparison.Ordinal) => "rules do not look at programs",
            _ when space.StartsWith("System.IO", StringComparison.Ordinal) => "a rule has no files",
            _ when space.StartsWith("System.Net", StringComparison.Ordinal) => "a rule has no network",
            _ when space.StartsWith("System.Diagnostics", StringComparison.Ordinal) => "a rule starts no processes",
            _ when space.StartsWith("System.Threading", StringComparison.Ordinal) => "a rule runs alone and answers at once",
            _ => "rules see the mail and nothing else",
        };
    }
}
