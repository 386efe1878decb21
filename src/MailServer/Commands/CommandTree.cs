using System.CommandLine;
using MailServer.Server.Configuration;
using MailServer.Server.Demo;

namespace MailServer.Server.Commands;

/// <summary>All commands with their options.</summary>
internal static class CommandTree
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        // "@example.org" is an address here, and no file with arguments.
        var result = Build().Parse(arguments, new() { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
                await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            return await ExitCode.FailAsync(ExitCode.Wrong, "mailserver --help tells more").ConfigureAwait(false);
        }

        try
        {
            // Signals are the commands' own business: the library would end the process two seconds after the first.
            return await result.InvokeAsync(new() { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (BrokenConfigException e)
        {
            return await ExitCode.FailAsync(ExitCode.Wrong, e.Message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await ExitCode.FailAsync(ExitCode.No, e.Message).ConfigureAwait(false);
        }
    }

    private static RootCommand Build() => new("A mail server: plain Maildir files, protocols as plugins, rules in C#.")
    {
        Serve(), Demo(), Check(), Status(), Plugin(), Account(), AliasCommand.Build(), Rules(), QueueCommand.Build(), ExplainCommand.Build(), UndoCommand.Build(), StoreCommand.Build(),
    };

    internal static Option<string> Config() => new("--config")
    {
        Description = "The configuration file.",
        DefaultValueFactory = _ => "mailserver.toml",
        HelpName = "FILE",
    };

    internal static Option<bool> Json() => new("--json") { Description = "Prints JSON." };

    private static Option<bool> PasswordStdin() => new("--password-stdin") { Description = "Reads the password from the first line of standard input." };

    private static Argument<string> Address() => new("ADDRESS") { Description = "As alice@example.org." };

    private static Command Serve()
    {
        var config = Config();
        var command = new Command("serve", "Runs the server until SIGTERM; SIGHUP reloads configuration and plugins.") { config };
        command.SetAction(result => ServeCommand.RunAsync(result.GetRequiredValue(config)));
        return command;
    }

    private static Command Demo()
    {
        var data = new Option<string?>("--data") { Description = "Where everything is made; left out: a temporary folder, gone at the end.", HelpName = "DIR" };
        var portBase = new Option<int>("--port-base") { Description = "What ports are counted from: SMTP is N+525, IMAP N+143.", DefaultValueFactory = _ => DemoSetup.DefaultPortBase, HelpName = "N" };
        portBase.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 64_000)
                result.AddError("--port-base: 0 to 64000 is expected");
        });
        var exit = new Option<bool>("--exit") { Description = "Stops after the report." };
        var command = new Command("demo", "Shows the main job on loopback: mail in by SMTP, sorted by rules, read back by IMAP.") { data, portBase, exit };
        command.SetAction(result => DemoCommand.RunAsync(result.GetValue(data), result.GetValue(portBase), result.GetValue(exit)));
        return command;
    }

    private static Command Check()
    {
        var (config, json) = (Config(), Json());
        var command = new Command("check", "Checks the configuration, certificate, plugins and rules.") { config, json };
        command.SetAction((result, stop) => CheckCommand.RunAsync(result.GetRequiredValue(config), result.GetValue(json), stop));
        return command;
    }

    private static Command Status()
    {
        var (config, json) = (Config(), Json());
        var command = new Command("status", "Shows how the running server is.") { config, json };
        command.SetAction((result, stop) => StatusCommand.RunAsync(result.GetRequiredValue(config), result.GetValue(json), stop));
        return command;
    }

    private static Command Plugin()
    {
        var (config, json) = (Config(), Json());
        var list = new Command("list", "Lists the plugins and their generations.") { config, json };
        list.SetAction((result, stop) => PluginCommand.ListAsync(result.GetRequiredValue(config), result.GetValue(json), stop));

        var id = new Argument<string?>("ID") { Description = "Which plugin; left out: all.", Arity = ArgumentArity.ZeroOrOne };
        var reload = new Command("reload", "Has the running server load plugins anew; sessions go on.") { id, config, json };
        reload.SetAction((result, stop) => PluginCommand.ReloadAsync(result.GetRequiredValue(config), result.GetValue(id), result.GetValue(json), stop));

        var folders = new Argument<string[]>("FOLDER") { Description = "Plugin folders; left out: those of the configuration.", Arity = ArgumentArity.ZeroOrMore };
        var check = new Command("check", "Says whether plugin folders can be loaded.") { folders, config };
        check.SetAction(result => PluginCommand.CheckAsync(result.GetRequiredValue(config), result.GetValue(folders) ?? []));

        return new("plugin", "Lists, reloads and checks plugins.") { list, reload, check };
    }

    private static Command Account()
    {
        var (config, json, stdin, address) = (Config(), Json(), PasswordStdin(), Address());
        var list = new Command("list", "Lists all accounts.") { config, json };
        list.SetAction((result, stop) => AccountCommand.ListAsync(result.GetRequiredValue(config), result.GetValue(json), stop));
        var add = new Command("add", "Adds an account.") { address, config, stdin };
        add.SetAction((result, stop) => AccountCommand.AddAsync(result.GetRequiredValue(config), result.GetRequiredValue(address), result.GetValue(stdin), stop));
        var password = new Command("password", "Gives an account a new password.") { address, config, stdin };
        password.SetAction((result, stop) => AccountCommand.PasswordAsync(result.GetRequiredValue(config), result.GetRequiredValue(address), result.GetValue(stdin), stop));
        var remove = new Command("remove", "Removes an account; its mail stays on disk.") { address, config };
        remove.SetAction((result, stop) => AccountCommand.RemoveAsync(result.GetRequiredValue(config), result.GetRequiredValue(address), stop));
        return new("account", "Lists and changes accounts.") { list, add, password, remove, AccountQuotaCommand.Build(Address()) };
    }

    private static Command Rules()
    {
        var (config, json) = (Config(), Json());
        var files = new Argument<string[]>("FILE") { Description = "Scripts or folders of scripts; left out: those of the configuration.", Arity = ArgumentArity.ZeroOrMore };
        var account = new Option<string?>("--account") { Description = "Warns of folders that are spelt nearly like one of this account.", HelpName = "ADDRESS" };
        var users = new Option<bool>("--users") { Description = "Accounts' own scripts: everybody's, or with --account that one's." };
        var check = new Command("check", "Says whether rule scripts compile, and where not.") { files, account, users, config, json };
        check.SetAction((result, stop) => StoreCommand.TryAsync(() => (result.GetValue(users), result.GetValue(files) ?? []) switch
        {
            (true, []) => CheckCommand.OwnRulesAsync(result.GetRequiredValue(config), result.GetValue(account), result.GetValue(json), stop),
            (true, _) => throw new StoreUsageException(ExitCode.Wrong, "FILE or --users is expected, not both"),
            (_, var named) => CheckCommand.RulesAsync(result.GetRequiredValue(config), named, result.GetValue(account), result.GetValue(json), stop),
        }));
        return new("rules", "Begins and checks rule scripts, and tries them on mail.") { RulesNew(), check, RulesTestCommand.Build(), RulesDiffCommand.Build(), RulesApplyCommand.Build() };
    }

    private static Command RulesNew()
    {
        var folder = new Argument<string>("FOLDER") { Description = "The scripts' folder, made when it is not there." };
        var script = new Argument<string?>("SCRIPT") { Description = "A script to begin, as 20-shops.csx.", Arity = ArgumentArity.ZeroOrOne };
        var json = Json();
        var command = new Command("new", "Makes a folder of rule scripts that VS Code or Rider opens with completion.") { folder, script, json };
        command.SetAction((result, stop) => RulesNewCommand.RunAsync(result.GetRequiredValue(folder), result.GetValue(script), result.GetValue(json)));
        return command;
    }
}
