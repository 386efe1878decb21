using System.CommandLine;

namespace MailServer.Server.Commands;

/// <summary>
/// <c>mailserver store</c>: what is done to Maildirs from the command line. All of it works on the files as one more program beside the
/// server, which may run or not.
/// </summary>
internal static class StoreCommand
{
    /// <summary>The group. A command that needs more than a few lines has a file of its own, and one line here.</summary>
    public static Command Build() => new("store", "Checks, rebuilds and adopts Maildirs, and moves mail in and out.")
    {
        StoreAdoptCommand.Build(),
        StoreVerifyCommand.Build(),
        StoreRebuildCommand.Build(),
        StoreImportCommand.Build(),
        StoreExportCommand.Build(),
        StoreJournalCommand.Build(),
    };

    /// <summary>Which account; left out: all of them.</summary>
    internal static Argument<string?> Account() => new("ACCOUNT")
    {
        Description = "As alice@example.org; left out: all accounts.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>A Maildir without an account.</summary>
    internal static Option<string?> Maildir() => new("--maildir")
    {
        Description = "A Maildir instead of an account; needs no configuration.",
        HelpName = "PATH",
    };

    /// <summary>Runs a command, and says on stderr why it could not begin.</summary>
    internal static async Task<int> TryAsync(Func<Task<int>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return await ExitCode.FailAsync(ExitCode.No, "stopped before the end").ConfigureAwait(false);
        }
        catch (StoreUsageException e)
        {
            return await ExitCode.FailAsync(e.Code, e.Message).ConfigureAwait(false);
        }
    }
}
