using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>What a look at a user's folder gave.</summary>
internal sealed record UserRuleLoad
{
    public static UserRuleLoad Empty { get; } = new();

    /// <summary>All scripts there are, in order.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Those in service, in order.</summary>
    public WorkerScripts Scripts { get; init; } = new([]);

    /// <summary>Those in service as their file is now.</summary>
    public IReadOnlySet<string> Live { get; init; } = new HashSet<string>();

    /// <summary>What is wrong with the files as they are now.</summary>
    public IReadOnlyList<RuleDiagnostic> Diagnostics { get; init; } = [];

    /// <summary>Why the compiler could not be used, or the tests not be run.</summary>
    public string? CompilerProblem { get; init; }

    /// <summary>What the gate says against the files as they are now: while it says anything, the set that was in service stays.</summary>
    public IReadOnlyList<RuleDiagnostic> Objections { get; init; } = [];
}

/// <summary>
/// Turns an account's scripts into compiled ones: from the cache, or by the compiler. The server itself never loads them. Beside what is compiled, the text that last
/// compiled is kept under each name, so that a script broken since goes on as it was, also after a restart.
/// </summary>
internal sealed class UserRuleLoader(UserRuleOptions options, UserRuleCompiler compiler, string account, TimeProvider time, ILogger logger)
{
    private static readonly string[] Endings = [".pdb", ".dll"];

    private readonly string _folder = FolderOf(options, account);

    // Texts that do not compile, by key: each mail looks again, and must not try again.
    private readonly Dictionary<string, IReadOnlyList<RuleDiagnostic>> _hopeless = [];

    /// <summary>Where what belongs to this account is kept.</summary>
    public string Folder => _folder;

    /// <summary>Where what belongs to an account is kept. Its name may hold what a file's cannot; the folder is ours, and nobody needs to read its name.</summary>
    public static string FolderOf(UserRuleOptions options, string account) =>
        Path.Combine(options.CacheDirectory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account)).AsSpan(0, 10)));

    /// <summary>What was last in service, as far as its compiled form is there.</summary>
    public UserRuleLoad LastInService()
    {
        var cache = new RuleCache(_folder, compiler.Identity, time);
        List<WorkerScript> served = [.. cache.AllGood().Select(script => Find(cache, script)).OfType<WorkerScript>()];
        return served.Count == 0 ? UserRuleLoad.Empty : new() { Files = [.. served.Select(script => script.File)], Scripts = new(served) };
    }

    /// <summary>Looks at the folder and has compiled what is new. Never fails: what is wrong is in the answer.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="check">Says what speaks against the new set, tests that fail; nothing lets it pass.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<UserRuleLoad> LoadAsync(
        string directory, Func<UserRuleLoad, CancellationToken, Task<IReadOnlyList<RuleDiagnostic>>> check, CancellationToken cancellationToken)
    {
        var (scripts, refused) = UserRuleFolder.Read(directory);
        var cache = new RuleCache(_folder, compiler.Identity, time);
        var load = new UserRuleLoad
        {
            Files = [.. scripts.Select(script => script.File).Concat(refused.Select(diagnostic => diagnostic.File)).Distinct().Order(StringComparer.Ordinal)],
            Diagnostics = refused,
        };
        try
        {
            cache.Prepare();
            // Only what is there now: each edit that does not compile would leave one behind.
            foreach (var gone in _hopeless.Keys.Except(scripts.Select(script => script.KeyFor(cache.Identity))).ToArray())
                _hopeless.Remove(gone);
            load = await CompileAsync(cache, load, scripts, refused, cancellationToken).ConfigureAwait(false);
            if (await check(load, cancellationToken).ConfigureAwait(false) is { Count: > 0 } objections)
                return await HoldBackAsync(cache, load with { Objections = objections }, scripts, cancellationToken).ConfigureAwait(false);
            foreach (var script in scripts.Where(script => load.Live.Contains(script.File)))
                cache.SaveGood(script);
            cache.Prune([.. load.Files], [.. load.Scripts.Scripts.Select(script => script.Key)]);
            return load;
        }
        catch (RuleTrialException e)
        {
            return await HoldBackAsync(cache, load with { CompilerProblem = e.Message }, scripts, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.CacheUnwritable(logger, _folder, e.Message);
            return load with { CompilerProblem = load.CompilerProblem ?? e.Message };
        }
    }

    /// <summary>The scripts as they are now; one that does not compile goes on as it last did.</summary>
    private async Task<UserRuleLoad> CompileAsync(RuleCache cache, UserRuleLoad load, List<RuleScript> scripts, List<RuleDiagnostic> diagnostics, CancellationToken cancellationToken)
    {
        var problem = await CompileAsync(cache, scripts, diagnostics, cancellationToken).ConfigureAwait(false);
        Dictionary<string, WorkerScript> ready = [];
        foreach (var script in scripts)
            if (Find(cache, script) is { } found)
                ready[script.File] = found;
        HashSet<string> live = [.. ready.Keys];

        // Compiled again where the server or the compiler is another since.
        List<RuleScript> good = [.. load.Files.Where(file => !ready.ContainsKey(file)).Select(cache.FindGood).OfType<RuleScript>()];
        problem ??= await CompileAsync(cache, good, null, cancellationToken).ConfigureAwait(false);
        foreach (var script in good)
            if (Find(cache, script) is { } found)
                ready[script.File] = found;
        return load with { Scripts = new([.. load.Files.Select(ready.GetValueOrDefault).OfType<WorkerScript>()]), Live = live, CompilerProblem = problem };
    }

    /// <summary>What was last let through stays in service, all of it: tests are of the whole set.</summary>
    private async Task<UserRuleLoad> HoldBackAsync(RuleCache cache, UserRuleLoad load, List<RuleScript> scripts, CancellationToken cancellationToken)
    {
        var good = cache.AllGood();
        var problem = await CompileAsync(cache, good, null, cancellationToken).ConfigureAwait(false);
        List<WorkerScript> served = [.. good.Select(script => Find(cache, script)).OfType<WorkerScript>()];
        var keys = scripts.ToDictionary(script => script.File, script => script.KeyFor(cache.Identity));
        return load with
        {
            Files = [.. load.Files.Union(served.Select(script => script.File)).Order(StringComparer.Ordinal)],
            Scripts = new(served),
            Live = served.Where(script => keys.GetValueOrDefault(script.File) == script.Key).Select(script => script.File).ToHashSet(),
            CompilerProblem = load.CompilerProblem ?? problem,
        };
    }

    private static WorkerScript? Find(RuleCache cache, RuleScript script) =>
        script.KeyFor(cache.Identity) is var key && File.Exists(cache.DllOf(key)) ? new(script.File, key, cache.DllOf(key)) : null;

    /// <summary>Compiles what is not there yet. Says why the compiler cannot be used, or null.</summary>
    private async Task<string?> CompileAsync(RuleCache cache, List<RuleScript> scripts, List<RuleDiagnostic>? diagnostics, CancellationToken cancellationToken)
    {
        List<RuleScript> changed = [];
        foreach (var script in scripts.Where(script => Find(cache, script) is null))
            if (_hopeless.TryGetValue(script.KeyFor(cache.Identity), out var known))
                diagnostics?.AddRange(known);
            else
                changed.Add(script);
        if (changed.Count == 0)
            return null;

        // The texts that were read, in a folder of ours: the user's own may be changed, or be led elsewhere, before the compiler comes to it.
        var texts = Directory.CreateDirectory(Path.Combine(_folder, "texts")).FullName;
        try
        {
            foreach (var script in changed)
                await File.WriteAllBytesAsync(Path.Combine(texts, script.File), script.Text, cancellationToken).ConfigureAwait(false);
            var replies = await compiler.CompileAsync(account, [.. changed.Select(script => Path.Combine(texts, script.File))], cancellationToken).ConfigureAwait(false);
            foreach (var reply in replies)
            {
                IReadOnlyList<RuleDiagnostic> found = [.. reply.Diagnostics.Select(diagnostic => diagnostic with { File = Path.GetFileName(diagnostic.File) })];
                if (reply.IsCompiled)
                    Keep(cache, texts, reply.Key);
                else if (reply.Key.Length > 0)
                    _hopeless[reply.Key] = found;
                diagnostics?.AddRange(found);
            }

            return null;
        }
        catch (RuleHostException e)
        {
            return e.Message;
        }
        finally
        {
            Directory.Delete(texts, recursive: true);
        }
    }

    // The .dll last: whoever sees it finds the .pdb too.
    private static void Keep(RuleCache cache, string texts, string key)
    {
        // Two scripts of one text have one form.
        foreach (var ending in Endings.Where(ending => File.Exists(Path.Combine(texts, key + ending))))
            File.Move(Path.Combine(texts, key + ending), Path.ChangeExtension(cache.DllOf(key), ending), overwrite: true);
    }
}
