using System.Text.Json;
using MailServer.Server.Control;
using MailServer.Server.Editing;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver rules new</c>: a folder to write rules in. Called again it keeps what is there and brings the editor's files up to date.</summary>
internal static class RulesNewCommand
{
    private const string FirstScript = "10-first.csx";

    public static async Task<int> RunAsync(string folder, string? script, bool asJson)
    {
        folder = Path.GetFullPath(folder);
        var workspace = new RuleWorkspace(folder);
        if (script is not null)
        {
            if (NameOf(script) is not { } name)
                return await ExitCode.FailAsync(ExitCode.Wrong, $"{script}: a script's name is expected, as 20-shops.csx: letters, digits, . _ and -, not more than 100").ConfigureAwait(false);
            if (!workspace.Add(name, FurtherText))
                return await ExitCode.FailAsync(ExitCode.No, $"{Path.Combine(folder, name)}: is there already").ConfigureAwait(false);
            script = name;
        }
        else if (!Directory.Exists(folder) || !Directory.EnumerateFiles(folder, "*.csx").Any())
        {
            workspace.Add(script = FirstScript, FirstText);
            workspace.Add("tests/list.eml", FirstMail);
            workspace.Add("tests/list.expect", FirstExpectation);
        }

        workspace.Refresh();
        await PrintAsync(folder, script, workspace, asJson).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static async Task PrintAsync(string folder, string? script, RuleWorkspace workspace, bool asJson)
    {
        var output = Console.Out;
        if (asJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(
                new NewRulesReport(folder, script is null ? null : Path.Combine(folder, script), workspace.Solution, workspace.Written), PrintJson.Default.NewRulesReport)).ConfigureAwait(false);
            return;
        }

        if (workspace.Written.Count == 0)
            await output.WriteLineAsync($"{folder}: all is up to date").ConfigureAwait(false);
        else
            foreach (var path in workspace.Written.Where(path => !Path.GetRelativePath(folder, path).StartsWith('.')))
                await output.WriteLineAsync($"wrote  {path}").ConfigureAwait(false);
        await output.WriteLineAsync($"""

            write  code {folder}     (or open rules.slnx in Rider): every name is completed and explained
            check  mailserver rules check {folder}
            test   mailserver rules test {folder}
            live   a script is in service as soon as it is saved in a folder that the configuration names
            """).ConfigureAwait(false);
    }

    /// <summary>Names become projects' names and folders: no surprises in them.</summary>
    private static string? NameOf(string script)
    {
        var name = script.EndsWith(".csx", StringComparison.Ordinal) ? script : script + ".csx";
        return name.Length is > 4 and <= 100 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? name : null;
    }

    private const string FirstText = """
        // Each mailing list has a folder of its own.
        if (Mail.List is { } list)
        {
            FileInto($"Lists/{list}");
            Stop();
        }

        // What comes from work is worth a star.
        if (Mail.From.IsIn("work.example"))
            AddFlag(Flagged);

        """;

    private const string FirstMail = """
        Date: Mon, 23 Nov 2026 09:05:00 +0100
        From: Dana Dev <dana@dev.example>
        To: dev@lists.example.org
        List-Id: Development <dev.lists.example.org>
        Subject: [dev] Tests beside rules
        Message-ID: <list-test@dev.example>

        Any message can be here: save one in your mail program as .eml.

        """;

    private const string FirstExpectation = """
        # What is asked about list.eml. A version of the rules that fails is not put into service.
        folder: Lists/dev.lists.example.org
        flags: none
        by: 10-first.csx

        """;

    private const string FurtherText = """
        // Says which mail this rule is for, and what becomes of it. What is saved in a folder that the
        // configuration names is in service at once, so this begins as a remark.
        //
        // if (Mail.Subject.Has("words in the subject"))
        //     FileInto("A folder");

        // Keep();

        """;
}

/// <summary>What <c>rules new --json</c> prints.</summary>
/// <param name="Folder">The scripts' folder.</param>
/// <param name="Script">The script that was begun, or null.</param>
/// <param name="Solution">What an editor opens.</param>
/// <param name="Written">The files written.</param>
internal sealed record NewRulesReport(string Folder, string? Script, string Solution, IReadOnlyList<string> Written);
