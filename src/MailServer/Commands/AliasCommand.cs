using System.CommandLine;
using System.Text;
using System.Text.Json;
using MailServer.Accounts;
using MailServer.Posix;
using MailServer.Server.Configuration;
using MailServer.Server.Control;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver alias add|list|remove</c>: changes the file of aliases. A running server sees it at the next recipient.</summary>
internal static class AliasCommand
{
    public static Command Build()
    {
        var (config, json) = (CommandTree.Config(), CommandTree.Json());
        var address = new Argument<string>("ADDRESS") { Description = "As info@example.org, or @example.org for all that nobody has." };
        var targets = new Argument<string[]>("TARGET") { Description = "Where its mail goes.", Arity = ArgumentArity.OneOrMore };
        var list = new Command("list", "Lists all aliases.") { config, json };
        list.SetAction((result, stop) => ListAsync(result.GetRequiredValue(config), result.GetValue(json)));
        var add = new Command("add", "Adds an alias.") { address, targets, config };
        add.SetAction((result, stop) => AddAsync(result.GetRequiredValue(config), result.GetRequiredValue(address), result.GetRequiredValue(targets)));
        var remove = new Command("remove", "Removes an alias.") { address, config };
        remove.SetAction((result, stop) => RemoveAsync(result.GetRequiredValue(config), result.GetRequiredValue(address)));
        return new("alias", "Lists and changes the addresses that stand for others.") { list, add, remove };
    }

    private static async Task<int> ListAsync(string file, bool asJson)
    {
        if (PathOf(file) is not { } path)
            return await NoFileAsync(file).ConfigureAwait(false);
        try
        {
            var table = File.Exists(path) ? AliasFile.Read(path) : AliasTable.Empty;
            IReadOnlyList<AliasReport> aliases = [.. table.Lines.Select(line => new AliasReport(Shown(line.Address), [.. line.Targets.Select(Shown)], line.Number))];
            if (asJson)
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(aliases, PrintJson.Default.IReadOnlyListAliasReport)).ConfigureAwait(false);
            else
                foreach (var alias in aliases)
                    await Console.Out.WriteLineAsync($"{alias.Address}  {string.Join(", ", alias.Targets)}").ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (InvalidDataException e)
        {
            return await ExitCode.FailAsync(ExitCode.No, e.Message).ConfigureAwait(false);
        }
    }

    private static Task<int> AddAsync(string file, string address, string[] targets) => EditAsync(file, address, "added", (lines, table, key) =>
    {
        if (table.Lines.Any(line => KeyOf(line) == key))
            return "is there already";
        lines.Add($"{address}  {string.Join(", ", targets)}");
        return null;
    });

    private static Task<int> RemoveAsync(string file, string address) => EditAsync(file, address, "removed", (lines, table, key) =>
    {
        if (table.Lines.FirstOrDefault(line => KeyOf(line) == key) is not { } alias)
            return "is no alias";
        lines.RemoveAt(alias.Number - 1);
        // The lines that went on with it.
        while (lines.Count >= alias.Number && lines[alias.Number - 1] is [' ' or '\t', ..] more && !string.IsNullOrWhiteSpace(more))
            lines.RemoveAt(alias.Number - 1);
        return null;
    });

    /// <summary>Changes the lines of the file; all others stay as they are.</summary>
    private static async Task<int> EditAsync(string file, string address, string done, Func<List<string>, AliasTable, string, string?> edit)
    {
        if (PathOf(file) is not { } path)
            return await NoFileAsync(file).ConfigureAwait(false);
        try
        {
            List<string> lines = File.Exists(path) ? [.. await File.ReadAllLinesAsync(path).ConfigureAwait(false)] : [];
            var table = AliasReader.Read(lines);
            // What is written must be readable: the address is judged with a target that is.
            var key = KeyOf(AliasReader.Read([$"{address} x@x.example"]).Lines[0]);
            if (edit(lines, table, key) is { } problem)
                return await ExitCode.FailAsync(ExitCode.No, $"{address} {problem}").ConfigureAwait(false);
            AliasReader.Read(lines);
            if (File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target)
                path = target.FullName;
            var mode = File.Exists(path) ? File.GetUnixFileMode(path) : (UnixFileMode)0b110_100_100; // no secret, and the server may be another user
            DurableFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), mode);
            await Console.Out.WriteLineAsync($"{address} {done}").ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (FormatException e)
        {
            return await ExitCode.FailAsync(ExitCode.No, $"{path}:{e.Message}").ConfigureAwait(false);
        }
    }

    private static string? PathOf(string file) => ConfigReader.Read(file).Aliases;

    private static Task<int> NoFileAsync(string file) => ExitCode.FailAsync(ExitCode.No, $"{file}: [accounts] aliases names no file");

    private static string KeyOf(AliasLine line) => AliasTable.KeyOf(line.Address);

    private static string Shown(EmailAddress address) => $"{address.LocalPart}@{address.Domain}";
}
