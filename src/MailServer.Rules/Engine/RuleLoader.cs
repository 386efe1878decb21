using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>What a look at the folder gave.</summary>
internal sealed record RuleLoad
{
    public static RuleLoad Empty { get; } = new() { Files = [], Rules = [], Live = [], Diagnostics = [] };

    /// <summary>All scripts there are, in order.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Those in service, in order.</summary>
    public required LoadedRule[] Rules { get; init; }

    /// <summary>Those in service as their file is now.</summary>
    public required HashSet<string> Live { get; init; }

    public required Dictionary<string, IReadOnlyList<RuleDiagnostic>> Diagnostics { get; init; }

    public string? CompilerProblem { get; init; }

    /// <summary>What the gate says against the files as they are now: while it says anything, the set that was in service stays.</summary>
    public IReadOnlyList<RuleDiagnostic> Objections { get; init; } = [];

    /// <summary>Rules that were loaded, and not let through.</summary>
    public IReadOnlyList<LoadedRule> Refused { get; init; } = [];
}

/// <summary>Turns the scripts of the folder into loaded rules: from those in service, from the cache, or by the compiler, in this order.</summary>
internal sealed class RuleLoader(RuleOptions options, IRuleGate? gate, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly RuleCache _cache = new(options.CacheDirectory, RuleIdentity.Of(options.RuleHostPath), time);
    private readonly RuleHostProcess _compiler = new(options.RuleHostPath, options.CompileLimit, options.CompilerStay, time);

    // Texts that do not compile, by key: another script's change need not try them again.
    private Dictionary<string, IReadOnlyList<RuleDiagnostic>> _hopeless = [];

    /// <summary>Looks at the folder; null when it cannot be read, and then all stays as it is.</summary>
    public async Task<RuleLoad?> LoadAsync(IReadOnlyList<LoadedRule> before, CancellationToken cancellationToken)
    {
        if (Read() is not var (scripts, refused))
            return null;

        var run = new Run(this, before);
        foreach (var diagnostic in refused)
            run.Diagnostics[diagnostic.File] = [diagnostic];
        await run.LoadAsync(scripts, live: true, cancellationToken).ConfigureAwait(false);

        // What is not in service now goes on as it was: in memory, or else as the text that last compiled.
        var files = scripts.Select(script => script.File).Concat(refused.Select(diagnostic => diagnostic.File)).Order(StringComparer.Ordinal).ToList();
        List<RuleScript> stale = [];
        foreach (var file in files.Where(file => !run.Loaded.ContainsKey(file)))
            if (before.FirstOrDefault(rule => rule.File == file) is { } rule)
                run.Loaded[file] = rule;
            else if (_cache.FindGood(file) is { } good)
                stale.Add(good);
        await run.LoadAsync(stale, live: false, cancellationToken).ConfigureAwait(false);

        var load = new RuleLoad
        {
            Files = files,
            Rules = [.. files.Select(file => run.Loaded.GetValueOrDefault(file)).OfType<LoadedRule>()],
            Live = run.Live,
            Diagnostics = run.Diagnostics,
            CompilerProblem = run.Problem,
        };
        _hopeless = run.Hopeless;
        if (gate is not null && await gate.CheckAsync(new RuleSet(load.Rules, options.StepBudget, logger), options.GlobalDirectory, cancellationToken).ConfigureAwait(false) is { Count: > 0 } objections)
            return await HoldBackAsync(load, objections, scripts, before, cancellationToken).ConfigureAwait(false);
        Remember(scripts, load);
        return load;
    }

    /// <summary>
    /// What was in service stays, all of it: tests are of the whole set, so the last good version is one too. After a restart that is the
    /// texts of the last set that was let through.
    /// </summary>
    private async Task<RuleLoad> HoldBackAsync(
        RuleLoad load, IReadOnlyList<RuleDiagnostic> objections, List<RuleScript> scripts, IReadOnlyList<LoadedRule> before, CancellationToken cancellationToken)
    {
        var rules = before;
        if (rules.Count == 0)
        {
            var run = new Run(this, load.Rules);
            await run.LoadAsync(_cache.AllGood(), live: false, cancellationToken).ConfigureAwait(false);
            rules = [.. run.Loaded.OrderBy(loaded => loaded.Key, StringComparer.Ordinal).Select(loaded => loaded.Value)];
        }

        var keys = scripts.ToDictionary(script => script.File, script => script.KeyFor(_cache.Identity));
        return load with
        {
            Files = [.. load.Files.Union(rules.Select(rule => rule.File)).Order(StringComparer.Ordinal)],
            Rules = [.. rules],
            Live = [.. rules.Where(rule => keys.GetValueOrDefault(rule.File) == rule.Key).Select(rule => rule.File)],
            Objections = objections,
            Refused = [.. load.Rules.Except(rules)],
        };
    }

    public void Dispose() => _compiler.Dispose();

    private (List<RuleScript> Scripts, List<RuleDiagnostic> Refused)? Read()
    {
        try
        {
            return RuleFolder.Read(options.GlobalDirectory);
        }
        catch (DirectoryNotFoundException)
        {
            return ([], []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.FolderUnreadable(logger, options.GlobalDirectory, e.Message);
            return null;
        }
    }

    private void Remember(List<RuleScript> scripts, RuleLoad load)
    {
        try
        {
            _cache.Prepare();
            var keys = load.Rules.Select(rule => rule.Key).ToHashSet();
            foreach (var script in scripts.Where(script => load.Live.Contains(script.File) && keys.Contains(script.KeyFor(_cache.Identity))))
                _cache.SaveGood(script);
            _cache.Prune([.. load.Files], keys);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.CacheUnwritable(logger, options.CacheDirectory, e.Message);
        }
    }

    /// <summary>One look at the folder.</summary>
    private sealed class Run(RuleLoader owner, IReadOnlyList<LoadedRule> before)
    {
        public Dictionary<string, LoadedRule> Loaded { get; } = [];

        public HashSet<string> Live { get; } = [];

        public Dictionary<string, IReadOnlyList<RuleDiagnostic>> Diagnostics { get; } = [];

        public Dictionary<string, IReadOnlyList<RuleDiagnostic>> Hopeless { get; } = [];

        public string? Problem { get; private set; }

        /// <summary>Loads scripts. <paramref name="live"/> says that these are the files as they are now.</summary>
        public async Task LoadAsync(List<RuleScript> scripts, bool live, CancellationToken cancellationToken)
        {
            List<RuleScript> changed = [];
            foreach (var script in scripts)
                if (script.KeyFor(owner._cache.Identity) is var key && owner._hopeless.TryGetValue(key, out var known))
                    Refuse(script.File, key, known, live);
                else if (!TryPut(script.File, key, live))
                    changed.Add(script);
            if (changed.Count == 0)
                return;

            foreach (var reply in await CompileAsync(changed, cancellationToken).ConfigureAwait(false))
                Take(Path.GetFileName(reply.File), reply, live);
        }

        // The key is of the text that the compiler read: when the file changed meanwhile, another look is due and puts that right.
        private void Take(string file, CompileReply reply, bool live)
        {
            IReadOnlyList<RuleDiagnostic> diagnostics = [.. reply.Diagnostics.Select(diagnostic => diagnostic with { File = Path.GetFileName(diagnostic.File) })];
            // Taken away while the compiler was on its way to it: the look that follows will not see it.
            if (reply.Key.Length == 0 && !File.Exists(reply.File))
                return;
            if (!reply.IsCompiled)
                Refuse(file, reply.Key, diagnostics, live);
            else if (!TryPut(file, reply.Key, live))
                Problem = $"the compiled form of {file} cannot be loaded";
            else if (live && diagnostics.Count > 0)
                Diagnostics[file] = diagnostics;
        }

        private void Refuse(string file, string key, IReadOnlyList<RuleDiagnostic> diagnostics, bool live)
        {
            if (key.Length > 0)
                Hopeless[key] = diagnostics;
            if (live)
                Diagnostics[file] = diagnostics;
        }

        private bool TryPut(string file, string key, bool live)
        {
            var rule = before.FirstOrDefault(rule => rule.File == file && rule.Key == key) ?? LoadedRule.TryLoad(file, key, owner._cache.DllOf(key));
            if (rule is null)
                return false;
            Loaded[file] = rule;
            if (live)
                Live.Add(file);
            return true;
        }

        private async Task<IReadOnlyList<CompileReply>> CompileAsync(List<RuleScript> scripts, CancellationToken cancellationToken)
        {
            try
            {
                owner._cache.Prepare();
                return await owner._compiler
                    .CompileAsync([.. scripts.Select(script => script.Path)], owner._cache.Output, owner._cache.Identity, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (Exception e) when (e is RuleHostException or IOException or UnauthorizedAccessException)
            {
                Problem = e.Message;
                return [];
            }
        }
    }
}
