using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MailServer.RuleHost;

/// <summary>Says to the compiler's commonest complaints what a rule's author probably wants. Its words are for programmers; these are for everybody else.</summary>
internal static class Hints
{
    // Words that people try, from Sieve, from mail programs, from other languages.
    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Read"] = "the flag of read mail is Seen",
        ["Unread"] = "mail is unread unless a rule says AddFlag(Seen)",
        ["Important"] = "the flag is Flagged",
        ["Starred"] = "the flag is Flagged",
        ["Spam"] = "junk is filed with Junk()",
        ["Move"] = "mail is moved with FileInto(\"Folder\")",
        ["MoveTo"] = "mail is moved with FileInto(\"Folder\")",
        ["Copy"] = "a copy is made with CopyTo(\"Folder\")",
        ["Delete"] = "mail is dropped with Discard()",
        ["Drop"] = "mail is dropped with Discard()",
        ["Forward"] = "sending mail on is not possible yet",
        ["Mark"] = "mail is marked with AddFlag(Seen), AddFlag(Flagged) or AddFlag(\"$Word\")",
        ["Flag"] = "mail is marked with AddFlag(Flagged)",
        ["Header"] = "any field is Mail[\"X-Name\"]",
        ["Headers"] = "any field is Mail[\"X-Name\"]",
        ["Text"] = "the text is Mail.Body",
        ["Content"] = "the text is Mail.Body",
        ["Contains"] = "the question is .Has(\"text\")",
        ["Equals"] = "the question is .Is(\"text\")",
        ["ToLower"] = "case never matters in .Has, .Is and the like; the text itself is .Value",
        ["ToUpper"] = "case never matters in .Has, .Is and the like; the text itself is .Value",
        ["Length"] = "the text itself is .Value, and its length .Value.Length",
        ["Email"] = "the address is .Address",
        ["Console"] = "a rule has no terminal; what it decides is in the journal",
    };

    /// <summary>A hint, as a sentence without its end; null when there is nothing to add.</summary>
    public static string? For(Diagnostic diagnostic, SemanticModel model)
    {
        var node = model.SyntaxTree.GetRoot().FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
        return diagnostic.Id switch
        {
            "CS1061" or "CS0117" => Member(node, model),
            "CS1929" => node.Parent is MemberAccessExpressionSyntax access ? Member(access.Name, model) : null,
            "CS0103" => Name(node, model),
            "CS0246" or "CS0234" => "rules see the mail, texts, numbers, dates and lists, and nothing else",
            "CS1955" => "a fact has no brackets behind it: Mail.Subject, not Mail.Subject()",
            "CS0201" or "CS8389" => Statement(node),
            "CS0200" or "CS0131" => "a single = sets, and a mail cannot be changed; == compares, and so does .Is(\"text\")",
            "CS0029" when node.Parent is AssignmentExpressionSyntax || node is AssignmentExpressionSyntax => "a single = sets; == compares",
            "CS0019" when node is BinaryExpressionSyntax binary && binary.Kind() is SyntaxKind.LogicalOrExpression or SyntaxKind.LogicalAndExpression =>
                "each side is a question of its own: Mail.Subject.Has(\"a\") || Mail.Subject.Has(\"b\"), or Mail.Subject.HasAny(\"a\", \"b\")",
            "CS0019" => "a text is compared with .Is(\"text\") or ==, a size with a number",
            "CS1503" when diagnostic.GetMessage(null).Contains("'method group'", StringComparison.Ordinal) => "a question has brackets with what it asks for: .Has(\"text\")",
            "CS1503" => "texts and folders stand in double quotes, numbers do not",
            "CS1012" => "texts stand in double quotes: \"Work\"",
            "CS1010" => "a text ends on the line it begins on: a \" is missing",
            "CS1009" => "in a text \\ begins a special character; with @ before the text it is itself: @\"\\d+\"",
            "CS7036" or "CS1501" => Arguments(node, model),
            "CS1002" => "a statement ends with a semicolon",
            "CS1026" or "CS1003" => "something that was opened is not closed: each ( needs its )",
            "CS1513" => "a block that { begins, } ends",
            "CS8600" or "CS8601" or "CS8602" or "CS8604" => "it may be null; ask first: if (Mail.List is { } list) ...",
            "CS0165" => "give it a value where it is declared",
            "CS0128" or "CS0136" => "another variable has that name already",
            "CS0664" or "CS0266" => "the number does not fit its type; var takes any",
            _ => null,
        };
    }

    /// <summary>The compiler's words without those that no rule's author can do anything about.</summary>
    public static string Shorten(string message)
    {
        foreach (var end in new[] { " and no accessible extension method", " and the best extension method overload", " (are you missing a" })
            if (message.IndexOf(end, StringComparison.Ordinal) is > 0 and var at)
                message = message[..at];
        return message;
    }

    private static string? Member(SyntaxNode node, SemanticModel model)
    {
        if (node is not SimpleNameSyntax { Identifier.ValueText: var name })
            return null;
        if (Words.TryGetValue(name, out var word))
            return word;
        var owner = (node.Parent as MemberAccessExpressionSyntax)?.Expression;
        var type = owner is null ? null : model.GetTypeInfo(owner).Type ?? model.GetSymbolInfo(owner).Symbol as ITypeSymbol;
        return type is not null && Spelling.Nearest(name, MembersOf(type)) is { } nearest ? $"did you mean {nearest}?" : null;
    }

    private static string? Name(SyntaxNode node, SemanticModel model)
    {
        if (node is not SimpleNameSyntax { Identifier.ValueText: var name })
            return null;
        var names = model.LookupSymbols(node.SpanStart).Where(symbol => symbol is not ITypeSymbol and not INamespaceSymbol && IsForScripts(symbol)).Select(symbol => symbol.Name).ToList();
        // "Read" is a flag in people's minds, whatever is spelt like it.
        if (Words.TryGetValue(name, out var word))
            return word;
        if (Spelling.Nearest(name, names) is { } nearest)
            return $"did you mean {nearest}?";
        var mail = model.Compilation.GetTypeByMetadataName(typeof(Rules.Mail).FullName!);
        return mail is not null && Spelling.Nearest(name, MembersOf(mail)) is { } member && Spelling.Distance(name, member) <= 1
            ? $"did you mean Mail.{member}?"
            : MembersOf(mail!).Contains(name) ? $"did you mean Mail.{name}?" : null;
    }

    private static string Statement(SyntaxNode node) => node is IdentifierNameSyntax { Identifier.ValueText: var name }
        ? $"a verb has brackets: {name}()"
        : "this line asks or names something and does nothing with the answer; put it into if (...)";

    private static string? Arguments(SyntaxNode node, SemanticModel model)
    {
        var call = node.FirstAncestorOrSelf<InvocationExpressionSyntax>();
        var candidates = call is null ? [] : model.GetSymbolInfo(call).CandidateSymbols;
        return candidates.OfType<IMethodSymbol>().FirstOrDefault() is not { } method ? null
            : $"it is used as {method.Name}({string.Join(", ", method.Parameters.Where(parameter => parameter.Name != "line").Select(parameter => parameter.IsOptional ? $"[{parameter.Name}]" : parameter.Name))})";
    }

    private static IEnumerable<string> MembersOf(ITypeSymbol type)
    {
        for (var each = type; each is not null and not { SpecialType: SpecialType.System_Object }; each = each.BaseType)
            foreach (var member in each.GetMembers())
                if (member.DeclaredAccessibility == Accessibility.Public && member.CanBeReferencedByName && IsForScripts(member))
                    yield return member.Name;
    }

    private static bool IsForScripts(ISymbol symbol) => !symbol.GetAttributes().Any(attribute => attribute.AttributeClass?.Name is "EditorBrowsableAttribute" or "ObsoleteAttribute");
}
