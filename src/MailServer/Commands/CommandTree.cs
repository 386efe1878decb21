using System.CommandLine;

namespace MailServer.Server.Commands;

/// <summary>All commands with their options.</summary>
internal static class CommandTree
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var result = Build().Parse(arguments);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
                await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            await Console.Error.WriteLineAsync("mailserver --help tells more").ConfigureAwait(false);
            return ExitCode.Wrong;
        }

        // Signals are the commands' own business: the library would end the process two seconds after the first.
        return await result.InvokeAsync(new() { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
    }

    private static RootCommand Build()
    {
        var root = new RootCommand("A mail server: plain Maildir files, protocols as plugins, rules in C#.");
        root.Subcommands.Add(Serve());
        return root;
    }

    private static Option<string> Config() => new("--config")
    {
        Description = "The configuration file.",
        DefaultValueFactory = _ => "mailserver.toml",
        HelpName = "FILE",
    };

    private static Command Serve()
    {
        var config = Config();
        var command = new Command("serve", "Runs the server until SIGTERM; SIGHUP reloads configuration and plugins.") { config };
        command.SetAction(result => ServeCommand.RunAsync(result.GetValue(config) ?? ""));
        return command;
    }
}
