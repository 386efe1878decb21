using Microsoft.CodeAnalysis.CSharp;

namespace MailServer.RuleHost;

/// <summary>What a user's script may not contain as C# itself, with the words for it.</summary>
internal static class ForbiddenSyntax
{
    private const string Memory = "pointers and unsafe code";
    private const string Types = "types of one's own: use variables, tuples and functions";
    private const string References = "references to variables";
    // A catch could swallow what ends a script that takes too long.
    private const string Catching = "try and using: what goes wrong ends the rule, and the mail is kept in INBOX";

    public static string? Of(SyntaxKind kind) => kind switch
    {
        SyntaxKind.UnsafeStatement or SyntaxKind.UnsafeKeyword or SyntaxKind.PointerType or SyntaxKind.FunctionPointerType or SyntaxKind.AddressOfExpression
            or SyntaxKind.PointerIndirectionExpression or SyntaxKind.PointerMemberAccessExpression or SyntaxKind.FixedStatement or SyntaxKind.FixedKeyword
            or SyntaxKind.StackAllocArrayCreationExpression or SyntaxKind.ImplicitStackAllocArrayCreationExpression or SyntaxKind.SizeOfExpression => Memory,
        SyntaxKind.ClassDeclaration or SyntaxKind.StructDeclaration or SyntaxKind.RecordDeclaration or SyntaxKind.RecordStructDeclaration or SyntaxKind.InterfaceDeclaration
            or SyntaxKind.EnumDeclaration or SyntaxKind.DelegateDeclaration or SyntaxKind.NamespaceDeclaration or SyntaxKind.FileScopedNamespaceDeclaration
            or SyntaxKind.ConstructorDeclaration or SyntaxKind.DestructorDeclaration or SyntaxKind.OperatorDeclaration or SyntaxKind.ConversionOperatorDeclaration
            or SyntaxKind.IndexerDeclaration or SyntaxKind.EventDeclaration or SyntaxKind.EventFieldDeclaration or SyntaxKind.ExtensionBlockDeclaration => Types,
        SyntaxKind.RefType or SyntaxKind.RefExpression or SyntaxKind.RefKeyword or SyntaxKind.ScopedType or SyntaxKind.MakeRefExpression or SyntaxKind.RefTypeExpression
            or SyntaxKind.RefValueExpression or SyntaxKind.ArgListExpression or SyntaxKind.ArgListKeyword or SyntaxKind.VolatileKeyword => References,
        SyntaxKind.TryStatement or SyntaxKind.UsingStatement or SyntaxKind.LockStatement => Catching,
        SyntaxKind.UsingDirective => "using directives: what rules need is open already",
        SyntaxKind.AttributeList => "attributes",
        SyntaxKind.ExternAliasDirective or SyntaxKind.ExternKeyword => "foreign code",
        SyntaxKind.TypeOfExpression => "typeof: rules do not look at programs",
        SyntaxKind.ReferenceDirectiveTrivia or SyntaxKind.LoadDirectiveTrivia => "#r and #load: a rule is one file",
        SyntaxKind.LineDirectiveTrivia or SyntaxKind.LineSpanDirectiveTrivia or SyntaxKind.PragmaChecksumDirectiveTrivia or SyntaxKind.IgnoredDirectiveTrivia => "directives about lines and files",
        _ => null,
    };
}
