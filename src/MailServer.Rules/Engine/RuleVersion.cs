using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Rules;

/// <summary>One version of a folder of scripts, compiled and loaded to be asked about mail that is there already. It never goes into service.</summary>
public sealed class RuleVersion : IDisposable
{
    private readonly RuleLoad _load;

    private RuleVersion(RuleLoad load, RuleSet rules) => (_load, Rules) = (load, rules);

    /// <summary>The scripts that compile, in order.</summary>
    public RuleSet Rules { get; }

    /// <summary>The scripts' file names, in order.</summary>
    public IReadOnlyList<string> Files => _load.Files;

    /// <summary>Names this version among all: it changes with any script's text.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(_load.Rules.Select(rule => $"{rule.File} {RuleScript.VersionOf(rule.Key)} ")))).AsSpan(0, 6));

    /// <summary>The version of one script, as the journal writes it; null when there is no such script.</summary>
    public string? VersionOf(string file) => _load.Rules.FirstOrDefault(rule => rule.File == file) is { } rule ? RuleScript.VersionOf(rule.Key) : null;

    /// <summary>What the compiler says, errors and warnings.</summary>
    public IReadOnlyList<RuleDiagnostic> Diagnostics => [.. _load.Files.SelectMany(file => _load.Diagnostics.GetValueOrDefault(file) ?? [])];

    /// <summary>Whether all of them compile.</summary>
    public bool IsWhole => _load.Live.Count == _load.Files.Count;

    /// <summary>Loads a folder's scripts.</summary>
    /// <param name="options">The folder; the cache must not be the one of scripts in service, which remembers what was last good.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The folder cannot be read, or the compiler cannot be used; the message says why.</exception>
    public static async Task<RuleVersion> LoadAsync(RuleOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Directory.Exists(options.GlobalDirectory))
            throw new IOException($"{options.GlobalDirectory}: no such folder");
        using var loader = new RuleLoader(options with { CompilerStay = TimeSpan.Zero }, null, TimeProvider.System, NullLogger.Instance);
        var load = await loader.LoadAsync([], cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{options.GlobalDirectory}: cannot be read");
        if (load.CompilerProblem is { } problem)
            throw new IOException(problem);

        // The last good text of a script that is broken now is another version.
        var live = load.Rules.Where(rule => load.Live.Contains(rule.File)).ToArray();
        return new(load, new(live, options.StepBudget, NullLogger.Instance));
    }

    /// <summary>Lets the scripts go.</summary>
    public void Dispose()
    {
        foreach (var rule in _load.Rules)
            rule.Retire();
    }
}
