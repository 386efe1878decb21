using System.Globalization;
using System.Text;
using MailServer.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace MailServer.RuleHost;

/// <summary>
/// Compiles a script twice: as it was written, for the diagnostics, and with the step budget put in, for the code. So what the user is
/// told is about the user's text.
/// </summary>
internal static class ScriptCompiler
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest, DocumentationMode.None, SourceCodeKind.Script);

    private static readonly CSharpCompilationOptions Options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
        .WithScriptClassName(RuleScript.ClassName)
        .WithOptimizationLevel(OptimizationLevel.Release)
        .WithNullableContextOptions(NullableContextOptions.Enable)
        .WithUsings("System", "System.Collections.Generic", "System.Linq", "System.Text.RegularExpressions", "MailServer", "MailServer.Rules")
        .WithDeterministic(true)
        .WithConcurrentBuild(false);

    private static readonly Lazy<MetadataReference[]> References = new(FindReferences);

    /// <summary>Gives errors and warnings in order of lines, and whether the script compiles.</summary>
    public static (RuleDiagnostic[] Diagnostics, bool IsGood) Compile(string file, byte[] text, string key, string? output, bool isForUsers, IReadOnlyList<string> folders)
    {
        var source = SourceText.From(text, text.Length, Encoding.UTF8);
        var tree = CSharpSyntaxTree.ParseText(source, Language, file);
        var compilation = CSharpCompilation.CreateScriptCompilation($"rule-{key}", tree, References.Value, Options, globalsType: typeof(RuleGlobals));

        // Not those of the syntax alone: one missing semicolon must not hide a misspelt name.
        var model = compilation.GetSemanticModel(tree);
        var found = compilation.GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)
            .Select(diagnostic => Describe(diagnostic) with { Hint = Hints.For(diagnostic, model) ?? "" })
            .Concat(FindWaits(tree))
            .Concat(isForUsers ? FindForbidden(compilation, tree) : [])
            .ToArray();
        // Advice to a script that cannot be read yet would guess at what it says.
        if (!found.Any(diagnostic => diagnostic.IsError))
            found = [.. found.Concat(FindAdvice(model, folders)).OrderBy(diagnostic => (diagnostic.Line, diagnostic.Column))];
        if (found.Any(diagnostic => diagnostic.IsError))
            return (found, false);

        var guarded = new StepInjector(model).Visit(tree.GetRoot());
        // The compiler makes no assembly of a script without statements; one that is commented out is a script all the same.
        if (guarded is CompilationUnitSyntax { Members.Count: 0 } empty)
            guarded = empty.AddMembers(SyntaxFactory.GlobalStatement(SyntaxFactory.EmptyStatement()));
        var rewritten = compilation.ReplaceSyntaxTree(tree, CSharpSyntaxTree.Create((CSharpSyntaxNode)guarded, Language, file, Encoding.UTF8));
        using var code = new MemoryStream();
        using var symbols = new MemoryStream();
        var emitted = rewritten.Emit(code, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        if (!emitted.Success)
            return ([.. found, .. emitted.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(Describe)], false);

        if (output is not null)
        {
            // The .dll last: whoever sees it finds the .pdb too.
            Write(Path.Combine(output, key + ".pdb"), symbols);
            Write(Path.Combine(output, key + ".dll"), code);
        }

        return (found, true);
    }

    /// <summary>A rule is run to its end at once: what it awaits would never come.</summary>
    private static IEnumerable<RuleDiagnostic> FindWaits(SyntaxTree tree) => tree.GetRoot().DescendantTokens()
        .Where(token => token.IsKind(SyntaxKind.AwaitKeyword) || token.IsKind(SyntaxKind.AsyncKeyword))
        .Take(1)
        .Select(token => Describe("RULE001", isError: true, "a rule must answer at once: async and await are not for rules", token.GetLocation()));

    private static List<RuleDiagnostic> FindForbidden(Compilation compilation, SyntaxTree tree)
    {
        List<RuleDiagnostic> found = [];
        UserScriptCheck.Find(compilation, tree, (id, message, location) => found.Add(Describe(id, isError: true, message, location)));
        return found;
    }

    private static List<RuleDiagnostic> FindAdvice(SemanticModel model, IReadOnlyList<string> folders)
    {
        List<RuleDiagnostic> found = [];
        RuleAdvice.Find(model, folders, (id, isError, message, location) => found.Add(Describe(id, isError, message, location)));
        return found;
    }

    private static void Write(string path, MemoryStream content)
    {
        var draft = $"{path}.{Environment.ProcessId}";
        File.WriteAllBytes(draft, content.ToArray());
        File.Move(draft, path, overwrite: true);
    }

    private static RuleDiagnostic Describe(Diagnostic diagnostic) => Describe(
        diagnostic.Id, diagnostic.Severity == DiagnosticSeverity.Error, Hints.Shorten(diagnostic.GetMessage(CultureInfo.InvariantCulture)), diagnostic.Location);

    private static RuleDiagnostic Describe(string id, bool isError, string message, Location location)
    {
        var place = location.GetMappedLineSpan();
        return new()
        {
            File = place.Path ?? "",
            Line = place.IsValid ? place.StartLinePosition.Line + 1 : 0,
            Column = place.IsValid ? place.StartLinePosition.Character + 1 : 0,
            Id = id,
            IsError = isError,
            Message = message,
        };
    }

    private static MetadataReference[] FindReferences()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        return
        [
            .. ScriptLibraries.Names.Select(name => Path.Combine(framework, name + ".dll")).Where(File.Exists).Select(path => MetadataReference.CreateFromFile(path)),
            MetadataReference.CreateFromFile(typeof(RuleGlobals).Assembly.Location),
            MetadataReference.CreateFromFile(typeof(Delivery).Assembly.Location),
        ];
    }
}
