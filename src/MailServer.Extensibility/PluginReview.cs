using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace MailServer.Extensibility;

/// <summary>
/// Looks over a plugin's files for what commonly goes wrong later: assemblies of the host beside it, and calls that keep old code in memory.
/// Reads metadata only; no code of the plugin runs. A finding is advice, not proof: the audit after a reload is proof.
/// </summary>
public static class PluginReview
{
    private const string KeptBy = "keeps old code in memory";

    /// <summary>The findings, one line each with the file in front; none: nothing was found.</summary>
    /// <param name="folder">The plugin's folder.</param>
    /// <param name="manifest">Its manifest.</param>
    public static IReadOnlyList<string> Of(string folder, PluginManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var findings = new List<string>();
        foreach (var path in Directory.GetFiles(folder, "*.dll").Order(StringComparer.Ordinal))
            if (GenerationLoader.IsShared(Path.GetFileNameWithoutExtension(path)))
                findings.Add($"{path}: the server brings this itself; leave it out (Private=\"false\")");

        var main = Path.Combine(folder, manifest.FileName);
        using var image = new PEReader(File.OpenRead(main));
        var metadata = image.GetMetadataReader();
        findings.AddRange(Suspects(metadata).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(suspect => $"{main}: {suspect}"));
        return findings;
    }

    private static IEnumerable<string> Suspects(MetadataReader metadata)
    {
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (TypeNamed(metadata, member.Parent) is { } type && Suspect(type, metadata.GetString(member.Name), Parameters(metadata, member)) is { } suspect)
                yield return suspect;
        }

        // Generic arguments of methods: CreateLogger<T> and the serialiser's methods are seen above, whatever T is.
        foreach (var handle in metadata.TypeReferences)
            if (NameOf(metadata, handle) is "Microsoft.Extensions.Logging.ILogger`1")
                yield return $"ILogger<T> of a plugin's type {KeptBy}: use ILogger, made by CreateLogger(\"name\")";
    }

    private static string? Suspect(string type, string member, string parameters) => (type, member) switch
    {
        ("System.Threading.Timer", ".ctor") or ("System.Timers.Timer", ".ctor") =>
            $"a Timer that is not disposed {KeptBy}: use the host's clock, which ends it with the generation",
        ("System.Threading.PeriodicTimer", ".ctor") when !HasClock(parameters) =>
            $"a PeriodicTimer without the host's clock {KeptBy}: give it IPluginHost.Time",
        ("System.Threading.Tasks.Task", "Delay") when !HasClock(parameters) =>
            $"a Task.Delay without the host's clock {KeptBy} until it ends: give it IPluginHost.Time",
        ("System.Text.Json.JsonSerializer", _) when !parameters.Contains("JsonTypeInfo", StringComparison.Ordinal) && !parameters.Contains("JsonSerializerContext", StringComparison.Ordinal) =>
            $"JsonSerializer.{member} by reflection {KeptBy}: give it a source-generated JsonTypeInfo",
        ("Microsoft.Extensions.Logging.LoggerFactoryExtensions", "CreateLogger") =>
            $"CreateLogger<T> of a plugin's type {KeptBy}: use CreateLogger(\"name\")",
        ("System.AppDomain", _) when member.StartsWith("add_", StringComparison.Ordinal) =>
            $"AppDomain.{member["add_".Length..]} {KeptBy}: end things in DisposeAsync",
        ("System.Runtime.InteropServices.GCHandle", "Alloc") => $"a GCHandle that is not freed {KeptBy}",
        ("System.ComponentModel.TypeDescriptor", _) => $"TypeDescriptor {KeptBy}",
        ("Microsoft.CSharp.RuntimeBinder.Binder", _) => $"dynamic {KeptBy}",
        _ => null,
    };

    private static bool HasClock(string parameters) => parameters.Contains("TimeProvider", StringComparison.Ordinal);

    private static string? TypeNamed(MetadataReader metadata, EntityHandle parent) =>
        parent.Kind == HandleKind.TypeReference ? NameOf(metadata, (TypeReferenceHandle)parent) : null;

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    private static string Parameters(MetadataReader metadata, MemberReference member) =>
        member.GetKind() == MemberReferenceKind.Method ? string.Join(' ', member.DecodeMethodSignature(new TypeNames(metadata), null).ParameterTypes) : "";

    /// <summary>Writes signatures as names of types, as far as they matter here.</summary>
    private sealed class TypeNames(MetadataReader metadata) : ISignatureTypeProvider<string, object?>
    {
        public string GetArrayType(string elementType, ArrayShape shape) => elementType + "[,]";

        public string GetByReferenceType(string elementType) => elementType + "&";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "method";

        public string GetGenericInstantiation(string genericType, System.Collections.Immutable.ImmutableArray<string> typeArguments) => genericType;

        public string GetGenericMethodParameter(object? genericContext, int index) => "T";

        public string GetGenericTypeParameter(object? genericContext, int index) => "T";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
            reader.GetString(reader.GetTypeDefinition(handle).Name);

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => NameOf(metadata, handle);

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) => "";
    }
}
