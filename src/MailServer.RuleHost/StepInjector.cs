using MailServer.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace MailServer.RuleHost;

/// <summary>
/// Puts the step budget into every loop, jump and function, and turns a <c>Stop();</c> of the script's own level into a plain return.
/// Everything goes in on the line where it belongs, so line numbers stay as they are.
/// </summary>
internal sealed class StepInjector(SemanticModel model) : CSharpSyntaxRewriter
{
    private const string Budget = $"global::MailServer.Rules.{nameof(StepBudget)}";
    private static readonly StatementSyntax Step = ParseStatement($"{Budget}.{nameof(StepBudget.Step)}();");
    private static readonly StatementSyntax Call = ParseStatement($"{Budget}.{nameof(StepBudget.Call)}();");

    public override SyntaxNode? VisitForStatement(ForStatementSyntax node) =>
        base.VisitForStatement(node) is ForStatementSyntax loop ? loop.WithStatement(Block(Step, loop.Statement)) : null;

    public override SyntaxNode? VisitWhileStatement(WhileStatementSyntax node) =>
        base.VisitWhileStatement(node) is WhileStatementSyntax loop ? loop.WithStatement(Block(Step, loop.Statement)) : null;

    public override SyntaxNode? VisitDoStatement(DoStatementSyntax node) =>
        base.VisitDoStatement(node) is DoStatementSyntax loop ? loop.WithStatement(Block(Step, loop.Statement)) : null;

    public override SyntaxNode? VisitForEachStatement(ForEachStatementSyntax node) =>
        base.VisitForEachStatement(node) is ForEachStatementSyntax loop ? loop.WithStatement(Block(Step, loop.Statement)) : null;

    public override SyntaxNode? VisitForEachVariableStatement(ForEachVariableStatementSyntax node) =>
        base.VisitForEachVariableStatement(node) is ForEachVariableStatementSyntax loop ? loop.WithStatement(Block(Step, loop.Statement)) : null;

    public override SyntaxNode? VisitGotoStatement(GotoStatementSyntax node) =>
        base.VisitGotoStatement(node) is StatementSyntax jump ? Block(Step, jump) : null;

    public override SyntaxNode? VisitSimpleLambdaExpression(SimpleLambdaExpressionSyntax node) =>
        IsExpressionTree(node) ? node : Guard(node, (LambdaExpressionSyntax?)base.VisitSimpleLambdaExpression(node));

    public override SyntaxNode? VisitParenthesizedLambdaExpression(ParenthesizedLambdaExpressionSyntax node) =>
        IsExpressionTree(node) ? node : Guard(node, (LambdaExpressionSyntax?)base.VisitParenthesizedLambdaExpression(node));

    public override SyntaxNode? VisitAnonymousMethodExpression(AnonymousMethodExpressionSyntax node) =>
        base.VisitAnonymousMethodExpression(node) is AnonymousMethodExpressionSyntax { Block: { } block } method ? method.WithBlock(Guard(block)) : null;

    public override SyntaxNode? VisitLocalFunctionStatement(LocalFunctionStatementSyntax node) =>
        base.VisitLocalFunctionStatement(node) switch
        {
            LocalFunctionStatementSyntax { Body: { } body } function => function.WithBody(Guard(body)),
            LocalFunctionStatementSyntax { ExpressionBody: { } arrow } function => function
                .WithExpressionBody(null).WithSemicolonToken(default)
                .WithBody(Guard(arrow.Expression, model.GetDeclaredSymbol(node) as IMethodSymbol)),
            var other => other,
        };

    public override SyntaxNode? VisitMethodDeclaration(MethodDeclarationSyntax node) => Guard(node, base.VisitMethodDeclaration(node));

    public override SyntaxNode? VisitConstructorDeclaration(ConstructorDeclarationSyntax node) => Guard(node, base.VisitConstructorDeclaration(node));

    public override SyntaxNode? VisitDestructorDeclaration(DestructorDeclarationSyntax node) => Guard(node, base.VisitDestructorDeclaration(node));

    public override SyntaxNode? VisitOperatorDeclaration(OperatorDeclarationSyntax node) => Guard(node, base.VisitOperatorDeclaration(node));

    public override SyntaxNode? VisitConversionOperatorDeclaration(ConversionOperatorDeclarationSyntax node) =>
        Guard(node, base.VisitConversionOperatorDeclaration(node));

    public override SyntaxNode? VisitAccessorDeclaration(AccessorDeclarationSyntax node) =>
        base.VisitAccessorDeclaration(node) switch
        {
            AccessorDeclarationSyntax { Body: { } body } accessor => accessor.WithBody(Guard(body)),
            AccessorDeclarationSyntax { ExpressionBody: { } arrow } accessor => accessor
                .WithExpressionBody(null).WithSemicolonToken(default)
                .WithBody(Guard(arrow.Expression, model.GetDeclaredSymbol(node))),
            var other => other,
        };

    public override SyntaxNode? VisitPropertyDeclaration(PropertyDeclarationSyntax node) =>
        base.VisitPropertyDeclaration(node) is PropertyDeclarationSyntax { ExpressionBody: { } arrow } property
            ? property.WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(Getter(arrow))
            : base.VisitPropertyDeclaration(node);

    public override SyntaxNode? VisitIndexerDeclaration(IndexerDeclarationSyntax node) =>
        base.VisitIndexerDeclaration(node) is IndexerDeclarationSyntax { ExpressionBody: { } arrow } indexer
            ? indexer.WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(Getter(arrow))
            : base.VisitIndexerDeclaration(node);

    public override SyntaxNode? VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        if (node.Expression is not InvocationExpressionSyntax { Expression: IdentifierNameSyntax, ArgumentList.Arguments.Count: 0 } call
            || model.GetSymbolInfo(call).Symbol is not IMethodSymbol { Name: nameof(RuleGlobals.Stop) } method
            || method.ContainingType.Name != nameof(RuleGlobals)
            || !IsAtScriptLevel(node))
            return base.VisitExpressionStatement(node);

        var line = node.GetLocation().GetMappedLineSpan().StartLinePosition.Line + 1;
        return Block(
            ParseStatement($"{nameof(RuleGlobals.StopHere)}({line});"),
            ReturnStatement(Token(SyntaxKind.ReturnKeyword).WithTrailingTrivia(Space), LiteralExpression(SyntaxKind.NullLiteralExpression), Token(SyntaxKind.SemicolonToken)))
            .WithTriviaFrom(node);
    }

    // Within a function a return would only leave the function, and a finally block cannot be left at all.
    private static bool IsAtScriptLevel(SyntaxNode node)
    {
        foreach (var above in node.Ancestors())
            if (above is GlobalStatementSyntax)
                return true;
            else if (above is not StatementSyntax and not ElseClauseSyntax and not SwitchSectionSyntax and not CatchClauseSyntax
                || above is LocalFunctionStatementSyntax)
                return false;
        return false;
    }

    private bool IsExpressionTree(LambdaExpressionSyntax node) =>
        model.GetTypeInfo(node).ConvertedType is INamedTypeSymbol { Name: "Expression", ContainingNamespace.Name: "Expressions" };

    private LambdaExpressionSyntax? Guard(LambdaExpressionSyntax original, LambdaExpressionSyntax? lambda) => lambda switch
    {
        { Block: { } block } => lambda.WithBlock(Guard(block)),
        { ExpressionBody: { } expression } => lambda.WithExpressionBody(null)
            .WithBlock(Guard(expression, model.GetSymbolInfo(original).Symbol as IMethodSymbol)),
        _ => lambda,
    };

    private SyntaxNode? Guard(BaseMethodDeclarationSyntax original, SyntaxNode? rewritten) => rewritten switch
    {
        BaseMethodDeclarationSyntax { Body: { } body } method => method.WithBody(Guard(body)),
        BaseMethodDeclarationSyntax { ExpressionBody: { } arrow } method => method
            .WithExpressionBody(null).WithSemicolonToken(default)
            .WithBody(Guard(arrow.Expression, model.GetDeclaredSymbol(original) as IMethodSymbol)),
        _ => rewritten,
    };

    private static BlockSyntax Guard(BlockSyntax block) => block.WithStatements(block.Statements.Insert(0, Call));

    private static BlockSyntax Guard(ExpressionSyntax body, IMethodSymbol? function) => Block(Call, body switch
    {
        ThrowExpressionSyntax { Expression: var thrown } =>
            ThrowStatement(Token(SyntaxKind.ThrowKeyword).WithTrailingTrivia(Space), thrown, Token(SyntaxKind.SemicolonToken)),
        _ when function is null || ReturnsNothing(function) => ExpressionStatement(body),
        _ => ReturnStatement(Token(SyntaxKind.ReturnKeyword).WithTrailingTrivia(Space), body, Token(SyntaxKind.SemicolonToken)),
    });

    private static AccessorListSyntax Getter(ArrowExpressionClauseSyntax arrow) =>
        AccessorList(SingletonList(AccessorDeclaration(SyntaxKind.GetAccessorDeclaration, Block(
            Call, ReturnStatement(Token(SyntaxKind.ReturnKeyword).WithTrailingTrivia(Space), arrow.Expression, Token(SyntaxKind.SemicolonToken))))));

    private static bool ReturnsNothing(IMethodSymbol function) =>
        function.ReturnsVoid
        || function.MethodKind is MethodKind.Constructor or MethodKind.Destructor or MethodKind.StaticConstructor or MethodKind.PropertySet
        || (function.IsAsync && function.ReturnType is INamedTypeSymbol { IsGenericType: false });
}
