using System.Diagnostics;

namespace MailServer.Server.Commands;

/// <summary>Fetches a folder of scripts as it was at a git revision.</summary>
internal static class GitFolder
{
    /// <summary>Scripts of one folder, and octets of one: the rules' own limits.</summary>
    private const int MaxScripts = 1000;

    private const int MaxSize = 256 * 1024;

    /// <summary>Writes the scripts of a revision into a folder.</summary>
    /// <param name="folder">The folder as it is now, in a git work tree.</param>
    /// <param name="revision">As <c>HEAD~1</c>, a tag or a commit.</param>
    /// <param name="target">Where they are written.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUsageException">git does not know it, or is not there.</exception>
    public static async Task FetchAsync(string folder, string revision, string target, CancellationToken cancellationToken)
    {
        if (revision.StartsWith('-'))
            throw new StoreUsageException(ExitCode.Wrong, $"\"{revision}\" is no folder and no revision");
        var listing = await GitAsync(folder, ["ls-tree", "-z", "--name-only", revision, "./"], $"\"{revision}\" is no folder, and git says", cancellationToken).ConfigureAwait(false);
        var names = System.Text.Encoding.UTF8.GetString(listing).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(name => name.EndsWith(".csx", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal) && name[0] != '.')
            .Take(MaxScripts);
        foreach (var name in names)
            await File.WriteAllBytesAsync(
                Path.Combine(target, name), await GitAsync(folder, ["cat-file", "blob", $"{revision}:./{name}"], $"{name} of {revision}: git says", cancellationToken).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Plumbing alone: these commands run no hook, filter or pager.</summary>
    private static async Task<byte[]> GitAsync(string folder, string[] words, string complaint, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("git", ["-C", folder, .. words]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
#pragma warning disable RS0030 // a person at the command line asks for what git has
            using var git = Process.Start(start) ?? throw new StoreUsageException(ExitCode.No, "git cannot be started");
#pragma warning restore RS0030
            var errors = git.StandardError.ReadToEndAsync(cancellationToken);
            using var output = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (await git.StandardOutput.BaseStream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
                if (output.Length < MaxSize * 4)
                    output.Write(buffer, 0, count);
            await git.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            var said = (await errors.ConfigureAwait(false)).Trim();
            return git.ExitCode == 0 ? output.ToArray() : throw new StoreUsageException(ExitCode.Wrong, $"{complaint}: {said}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new StoreUsageException(ExitCode.No, $"git cannot be started: {e.Message}");
        }
    }
}
