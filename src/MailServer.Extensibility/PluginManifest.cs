using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace MailServer.Extensibility;

/// <summary>What a plugin says of itself. Read from metadata: no code of the plugin runs and nothing is loaded.</summary>
public sealed record PluginManifest
{
    // An id becomes a folder's name and a table's name.
    private const int MaxIdLength = 64;

    /// <summary>The plugin's id.</summary>
    public required string Id { get; init; }

    /// <summary>Full name of the type that the host constructs.</summary>
    public required string EntryPoint { get; init; }

    /// <summary>The contract version it was built against.</summary>
    public required string Contract { get; init; }

    /// <summary>The assembly's informational version, or else its file version.</summary>
    public required string FileVersion { get; init; }

    /// <summary>Name of the main assembly's file, without a folder.</summary>
    public required string FileName { get; init; }

    /// <summary>Reads the manifest of the one assembly in a folder that carries <see cref="MailPluginAttribute"/>.</summary>
    /// <exception cref="PluginLoadException">There is none, or it cannot be used with this server.</exception>
    public static PluginManifest Read(string folder)
    {
        PluginManifest? found = null;
        foreach (var path in FilesOf(folder))
        {
            if (ReadFile(path) is not { } manifest)
                continue;
            if (found is not null)
                throw new PluginLoadException(folder, $"both {found.FileName} and {manifest.FileName} carry MailPluginAttribute");
            manifest.CheckIn(path);
            found = manifest;
        }

        return found ?? throw new PluginLoadException(folder, "no assembly here carries MailPluginAttribute", LoadProblem.NoPlugin);
    }

    private static string[] FilesOf(string folder)
    {
        try
        {
            var files = Directory.GetFiles(folder, "*.dll");
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginLoadException(folder, OneLine.Of(e));
        }
    }

    /// <summary>The manifest in a file, or null when it is a native library or an assembly without one.</summary>
    private static PluginManifest? ReadFile(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length == 0)
                throw new PluginLoadException(path, "empty file", LoadProblem.Unfinished);
            using var image = new PEReader(file);
            // Zeros, as of a file whose room is taken before its bytes come, pass for an object file.
            if (image.PEHeaders.IsCoffOnly)
                throw new BadImageFormatException();
            // Metadata may be whole while the end of the file is still to come.
            if (image.PEHeaders.SectionHeaders.Any(section => section.PointerToRawData + (long)section.SizeOfRawData > file.Length))
                throw new PluginLoadException(path, "the file is cut off", LoadProblem.Unfinished);
            return image.HasMetadata ? ReadMetadata(image.GetMetadataReader(), Path.GetFileName(path)) : null;
        }
        catch (BadImageFormatException)
        {
            throw new PluginLoadException(path, "not a .NET assembly, or cut off", LoadProblem.Unfinished);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginLoadException(path, OneLine.Of(e), LoadProblem.Unfinished);
        }
    }

    private static PluginManifest? ReadMetadata(MetadataReader metadata, string fileName)
    {
        if (!metadata.IsAssembly)
            return null;

        var assembly = metadata.GetAssemblyDefinition();
        ImmutableArray<string>? manifest = null;
        string? informational = null, file = null;
        foreach (var handle in assembly.GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            switch (TypeOf(metadata, attribute))
            {
                case "MailServer.MailPluginAttribute":
                    manifest = Texts(metadata, attribute, 3);
                    break;
                case "System.Reflection.AssemblyInformationalVersionAttribute":
                    informational = Texts(metadata, attribute, 1)[0];
                    break;
                case "System.Reflection.AssemblyFileVersionAttribute":
                    file = Texts(metadata, attribute, 1)[0];
                    break;
            }
        }

        return manifest is not [var id, var entryPoint, var contract]
            ? null
            : new()
            {
                Id = id,
                EntryPoint = entryPoint,
                Contract = contract,
                FileVersion = informational ?? file ?? assembly.Version.ToString(),
                FileName = fileName,
            };
    }

    private static string? TypeOf(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
            return null;
        var parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        if (parent.Kind != HandleKind.TypeReference)
            return null;
        var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    /// <summary>The first so many arguments, each a text or a type's name (ECMA-335 §II.23.3: both are SerStrings after the prolog 0x0001).</summary>
    private static ImmutableArray<string> Texts(MetadataReader metadata, CustomAttribute attribute, int count)
    {
        var blob = metadata.GetBlobReader(attribute.Value);
        if (blob.ReadUInt16() != 1)
            throw new BadImageFormatException();
        var texts = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
            texts.Add(blob.ReadSerializedString() ?? "");
        return texts.MoveToImmutable();
    }

    private void CheckIn(string path)
    {
        if (Id.Length is 0 or > MaxIdLength || !char.IsAsciiLetterOrDigit(Id[0]) || !Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_'))
            throw new PluginLoadException(path, $"id \"{Id}\": 1 to {MaxIdLength} of a-z, 0-9, '.', '-', '_', the first a letter or digit");
        if (EntryPoint.Length == 0 || EntryPoint.Contains(','))
            throw new PluginLoadException(path, "the entry point must be a type of the assembly that carries MailPluginAttribute");
        CheckContract(path);
    }

    private void CheckContract(string path)
    {
        if (!Version.TryParse(Contract, out var theirs))
            throw new PluginLoadException(path, $"contract \"{Contract}\" is not a version");
        var ours = Version.Parse(ContractVersion.Current);
        if (theirs.Major != ours.Major)
            throw new PluginLoadException(path, $"built for contract {Contract}, this server has {ContractVersion.Current}: build it anew");
        if (theirs.Minor > ours.Minor)
            throw new PluginLoadException(path, $"built for contract {Contract}, this server has {ContractVersion.Current}: a newer server is needed");
    }
}
