using System.Globalization;

namespace MailServer.Interop.Tests;

/// <summary>Which process does what: the server runs administrators' rules, workers run users', and only the rule host has a compiler.</summary>
public sealed class RuleProcessTests
{
    private const string Compiler = "Microsoft.CodeAnalysis";

    [InteropFact]
    public async Task The_server_compiles_and_runs_rules_of_both_kinds_without_loading_a_compiler()
    {
        await using var server = await ServerProcess.StartAsync(ownRules: ["carol"]);
        server.WriteRule("carol", "10.csx", "if (Mail.Subject.Exists) FileInto(\"Own\");");
        await File.WriteAllTextAsync(Path.Combine(server.Rules, "10.csx"), "if (Mail.Subject.Exists) CopyTo(\"Everybody\");");
        await server.SaysAsync("rules in service: 10.csx");
        // A broken one too: what the compiler has to say of it comes over the same way.
        await File.WriteAllTextAsync(Path.Combine(server.Rules, "20.csx"), "Keap();");
        await server.SaysAsync("rule 20.csx does not compile");
        // On a busy machine the first mail may be there before the compiler is.
        await Outbox.SendAsync(server, "carol@example.org", 1);
        await server.SaysAsync("rules of carol@example.org in service");
        await Outbox.SendAsync(server, "carol@example.org", 3);
        Assert.Equal(4, server.Messages("carol", ".Everybody").Length);
        Assert.True(server.Messages("carol", ".Own").Length >= 3, server.LogText);
        foreach (var command in new[] { "check", "test" })
            await server.CommandAsync("rules", command, server.Rules);
        Assert.Equal(0, (await server.CommandAsync("status")).ExitCode);

        Assert.Contains("MailServer.Rules", MapsOf(server.Id), StringComparison.Ordinal);
        Assert.DoesNotContain(Compiler, MapsOf(server.Id), StringComparison.Ordinal);
        // What is looked for would be seen there: the compilers, which wait for the next edit, have it.
        var compilers = ChildrenOf(server.Id).Where(id => CommandOf(id).Contains("compile", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(compilers);
        Assert.All(compilers, id => Assert.Contains(Compiler, MapsOf(id), StringComparison.Ordinal));
        Assert.Single(ChildrenOf(server.Id), id => CommandOf(id).Contains("--locked", StringComparison.Ordinal));
    }

    private static string MapsOf(int process) => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/maps"));

    private static string CommandOf(int process) => Read(process, "cmdline");

    private static int[] ChildrenOf(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(id => Read(id, "stat").Split(") ")[^1].Split(' ') is [_, var found, ..] && found == parent.ToString(CultureInfo.InvariantCulture))];

    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"));
        }
        catch (IOException)
        {
            return ""; // it has ended meanwhile
        }
    }
}
