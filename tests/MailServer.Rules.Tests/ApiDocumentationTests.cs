using System.ComponentModel;
using System.Reflection;
using System.Xml.Linq;

namespace MailServer.Rules.Tests;

/// <summary>The API explains itself in an editor: each member has a summary and an example, and each example is a good script.</summary>
public sealed class ApiDocumentationTests
{
    private static readonly Type[] Types =
    [
        typeof(RuleGlobals), typeof(Mail), typeof(MailText), typeof(Addresses), typeof(Correspondent), typeof(MailEnvelope), typeof(AuthenticationChecks),
        typeof(AuthenticationCheck), typeof(Attachment), typeof(AccountFolders), typeof(Durations),
    ];

    private static readonly Dictionary<string, XElement> Documented = XDocument.Load(Path.ChangeExtension(typeof(Mail).Assembly.Location, ".xml"))
        .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    [Fact]
    public void Every_member_has_a_summary_and_an_example()
    {
        var missing = new List<string>();
        foreach (var type in Types)
            foreach (var member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(IsForScripts))
                if (Documentation(type, member) is not { } found || found.Element("summary") is null || found.Element("example")?.Element("code") is null)
                    missing.Add($"{type.Name}.{member.Name}");
        Assert.Empty(missing);
    }

    [Fact]
    public async Task Every_example_compiles_without_a_word()
    {
        await using var host = new Host();
        var count = 0;
        foreach (var (name, member) in Documented)
            if (Array.Exists(Types, type => name[2..].StartsWith($"{type.FullName}.", StringComparison.Ordinal)))
                foreach (var code in member.Elements("example").Elements("code"))
                    host.Write($"{++count:000}.csx", $"// {name}\n{code.Value}\n");
        Assert.InRange(count, 80, 900);
        var checks = await RuleEngine.CheckAsync(host.Options, [host.Scripts], default);
        Assert.Equal(count, checks.Count);
        Assert.Empty(checks.SelectMany(check => check.Diagnostics.Select(diagnostic => $"{File.ReadAllText(check.File)}{diagnostic}")));
    }

    private static bool IsForScripts(MemberInfo member) =>
        member is not ConstructorInfo and not MethodInfo { IsSpecialName: true }
        && member.GetCustomAttribute<EditorBrowsableAttribute>() is not { State: EditorBrowsableState.Never }
        && member.Name is not (nameof(ToString) or nameof(Equals) or nameof(GetHashCode) or "GetEnumerator" or "<Clone>$" or "MaxBody");

    private static XElement? Documentation(Type type, MemberInfo member) => Documented
        .Where(entry => entry.Key[2..] is var name && name.StartsWith($"{type.FullName}.{member.Name}", StringComparison.Ordinal)
            && (name.Length == $"{type.FullName}.{member.Name}".Length || name[$"{type.FullName}.{member.Name}".Length] == '('))
        .Select(entry => entry.Value).FirstOrDefault();
}
