using System.Text.RegularExpressions;
using MailServer.TestKit;

namespace MailServer.Architecture.Tests;

/// <summary>The documents hang together: links lead somewhere, decisions have one number each and stand in their list.</summary>
public sealed partial class DocsTests
{
    public static TheoryData<string> Documents =>
        [.. new[] { ".", "docs", "docs/adr", "maildir-sample", "plugins/Template", "scripts/global" }
            .Select(folder => Path.Combine(Repository.Root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.GetFiles(folder, "*.md"))
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_within_the_project_leads_somewhere(string document)
    {
        var file = Path.Combine(Repository.Root, document);
        var folder = Path.GetDirectoryName(file)!;
        var broken = Link().Matches(File.ReadAllText(file))
            .Select(match => match.Groups["to"].Value)
            .Where(to => !to.Contains("://", StringComparison.Ordinal) && !to.StartsWith("mailto:", StringComparison.Ordinal))
            .Select(to => to.Split('#')[0])
            .Where(to => to.Length > 0 && !Path.Exists(Path.Combine(folder, to)));
        Assert.Empty(broken);
    }

    [Fact]
    public void Decisions_have_one_number_each_and_stand_in_the_list()
    {
        var folder = Path.Combine(Repository.Root, "docs", "adr");
        var index = File.ReadAllText(Path.Combine(folder, "README.md"));
        var pages = Directory.GetFiles(folder, "0*.md").Select(file => Path.GetFileName(file)).ToList();
        Assert.Equal(pages.Count, pages.Select(page => page[..4]).Distinct().Count());
        Assert.All(pages, page =>
        {
            Assert.Contains($"({page})", index, StringComparison.Ordinal);
            Assert.StartsWith($"# {page[..4]}. ", File.ReadAllText(Path.Combine(folder, page)), StringComparison.Ordinal);
        });
    }

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)")]
    private static partial Regex Link();
}
