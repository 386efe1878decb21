using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using MailServer.Rules;

namespace MailServer.Server.Editing;

/// <summary>
/// The package <c>MailServer.Rules</c>, made from this server's own assemblies: what editors complete is what this server runs. Its version
/// carries a hash of its content, since package caches never look again at a version they have.
/// </summary>
internal sealed class RulePackage
{
    public const string Id = "MailServer.Rules";

    // Of one date, so that the same server makes the same file; the format knows none before 1980.
    private static readonly DateTimeOffset Stamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <exception cref="IOException">An assembly cannot be read.</exception>
    public RulePackage()
    {
        foreach (var assembly in new[] { typeof(RuleGlobals).Assembly, typeof(Delivery).Assembly })
            foreach (var path in new[] { assembly.Location, Path.ChangeExtension(assembly.Location, ".xml") })
                if (File.Exists(path))
                    _files[$"lib/net10.0/{Path.GetFileName(path)}"] = File.ReadAllBytes(path);
        _files[$"build/{Id}.props"] = Encoding.UTF8.GetBytes(Props);
        _files["build/RuleVerbs.cs"] = Encoding.UTF8.GetBytes(RuleVerbs.Source());

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in _files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(SHA256.HashData(content));
        }

        Version = string.Create(CultureInfo.InvariantCulture, $"{typeof(RuleGlobals).Assembly.GetName().Version!.ToString(3)}-h{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 5))}");
    }

    public string Version { get; }

    public string FileName => $"{Id}.{Version}.nupkg";

    /// <summary>Writes the package; whoever sees the file sees the whole of it.</summary>
    public void Write(string path)
    {
        var draft = path + ".tmp";
        using (var archive = ZipFile.Open(draft, ZipArchiveMode.Create))
        {
            Add(archive, $"{Id}.nuspec", Encoding.UTF8.GetBytes(Nuspec));
            Add(archive, "[Content_Types].xml", Encoding.UTF8.GetBytes(ContentTypes));
            foreach (var (name, content) in _files)
                Add(archive, name, content);
        }

        File.Move(draft, path, overwrite: true);
    }

    private static void Add(ZipArchive archive, string name, byte[] content)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.Optimal);
        entry.LastWriteTime = Stamp;
        using var stream = entry.Open();
        stream.Write(content);
    }

    private string Nuspec => $"""
        <?xml version="1.0" encoding="utf-8"?>
        <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
          <metadata>
            <id>{Id}</id>
            <version>{Version}</version>
            <authors>MailServer</authors>
            <description>What rule scripts of MailServer are written against.</description>
            <dependencies><group targetFramework="net10.0" /></dependencies>
          </metadata>
        </package>
        """;

    private const string ContentTypes = """
        <?xml version="1.0" encoding="utf-8"?>
        <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
          <Default Extension="nuspec" ContentType="application/octet" />
          <Default Extension="dll" ContentType="application/octet" />
          <Default Extension="xml" ContentType="application/octet" />
          <Default Extension="props" ContentType="application/octet" />
          <Default Extension="cs" ContentType="application/octet" />
        </Types>
        """;

    // The same language as the server's own compiler has (ScriptCompiler); the types of our own come by RuleVerbs.
    private const string Props = """
        <Project>
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <RootNamespace>Rules</RootNamespace>
            <LangVersion>latest</LangVersion>
            <Nullable>enable</Nullable>
            <ImplicitUsings>disable</ImplicitUsings>
            <EnableDefaultCompileItems>false</EnableDefaultCompileItems>
            <UseAppHost>false</UseAppHost>
          </PropertyGroup>
          <ItemGroup>
            <Using Include="System;System.Collections.Generic;System.Linq;System.Text.RegularExpressions" />
            <Compile Include="$(MSBuildThisFileDirectory)RuleVerbs.cs" Visible="false" />
          </ItemGroup>
        </Project>
        """;
}
