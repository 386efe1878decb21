using System.Collections.Concurrent;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MailServer.Extensibility.Tests;

/// <summary>A fixture's source with its blanks filled in, and the assembly that comes of it.</summary>
internal sealed record PluginSource(string Text)
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly ConcurrentDictionary<(string Text, string Assembly), byte[]> s_compiled = new();

    private static readonly Lazy<MetadataReference[]> s_references = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name
                && (name.StartsWith("System.", StringComparison.Ordinal) || name is "MailServer.Abstractions.dll" or "Microsoft.Extensions.Logging.Abstractions.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    /// <summary>The fixture of a name: <c>Fixtures/NAME.cs</c>.</summary>
    public static PluginSource Of(string fixture)
    {
        using var stream = typeof(PluginSource).Assembly.GetManifestResourceStream(fixture)!;
        using var reader = new StreamReader(stream);
        return new(reader.ReadToEnd());
    }

    /// <summary>What the fixtures have for a version.</summary>
    private const string VersionBlank = "VERSION-TEXT";

    /// <summary>Put in place of the version after compiling, which is much quicker than compiling again.</summary>
    public string Version { get; init; } = VersionBlank;

    /// <summary>The protocol of lines whose replies tell a version.</summary>
    public static PluginSource Echo(string version) => Of("Echo") with { Version = version };

    /// <summary>All roles but protocols; what they say tells a version.</summary>
    public static PluginSource Roles(string id, string version) => Of("Roles").With("PLUGIN-ID", id) with { Version = version };

    /// <summary>Goes wrong in the way its configuration names, or in this one when it names none.</summary>
    public static PluginSource Misfit(string way = "none") => Of("Misfit").With("FALLBACK-WAY", way);

    public PluginSource With(string blank, string text) =>
        Text.Contains(blank, StringComparison.Ordinal) ? this with { Text = Text.Replace(blank, text, StringComparison.Ordinal) } : throw new ArgumentException($"no {blank} there");

    /// <summary>Compiles it.</summary>
    public byte[] Compile(string assembly = "Plugin")
    {
        var image = s_compiled.GetOrAdd((Text, assembly), static key => Emit(key.Text, key.Assembly)).ToArray();
        if (image.AsSpan().IndexOf(Encoding.Unicode.GetBytes(VersionBlank)) is var place and >= 0)
            Encoding.Unicode.GetBytes(Version.PadRight(VersionBlank.Length)).CopyTo(image, place);
        return image;
    }

    /// <summary>Compiles it against a library that will not be there when it runs.</summary>
    public byte[] CompileAgainst(string library) =>
        Emit(Text, "Plugin", MetadataReference.CreateFromImage(Emit(library, "Library")));

    private static byte[] Emit(string text, string assembly, params MetadataReference[] others)
    {
        var trees = new[] { Usings, text }.Select(source => CSharpSyntaxTree.ParseText(source));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, deterministic: true, nullableContextOptions: NullableContextOptions.Enable);
        using var image = new MemoryStream();
        var result = CSharpCompilation.Create(assembly, trees, [.. s_references.Value, .. others], options).Emit(image);
        return result.Success ? image.ToArray() : throw new ArgumentException(string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity is DiagnosticSeverity.Error)));
    }
}
