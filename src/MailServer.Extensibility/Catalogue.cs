using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>All plugins that are known: which folder holds which, what is in service, what went wrong. Loads and swaps, one at a time.</summary>
internal sealed class Catalogue(
    PluginOptions options, GenerationFactory factory, Registry registry, SessionTable sessions, Preparation preparation, Graveyard graveyard, TimeProvider time,
    ILogger logger)
    : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Lock _lock = new();
    private readonly List<Slot> _slots = [];
    private readonly Dictionary<string, Stray> _strays = [];
    private bool _isCleared;

    /// <summary>Looks at folders and loads what is new or changed in them.</summary>
    public async ValueTask<ScanReport> ScanAsync(Scan scan, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var report = new ScanReport();
            // A reload that waited while the server stopped must not put anything in service again.
            if (_isCleared)
                return report;
            NoteRemoved();
            await TakeAllAsync(scan, report, cancellationToken).ConfigureAwait(false);
            if (report.IsProtocolFree)
                await TakeAllAsync(scan with { IsForced = false, OnlyId = null }, report, cancellationToken).ConfigureAwait(false);
            return report;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>All plugins and all that should be one, in load order.</summary>
    public IReadOnlyList<PluginStatus> Status()
    {
        var retired = graveyard.Retired.ToLookup(generation => generation.Id);
        lock (_lock)
        {
            var missing = options.Load?.Where(id => _slots.All(slot => slot.Id != id)) ?? [];
            return
            [
                .. _slots.Select(slot => StatusOf(slot, retired[slot.Id])),
                .. _strays.Values.Where(stray => stray.Error is not null).Select(stray => Failed(stray.Name, stray.Folder, stray.Error)),
                .. missing.Select(id => Failed(id, options.Directory, $"{options.Directory}: no folder here holds a plugin with the id \"{id}\"")),
            ];
        }
    }

    /// <summary>Takes all out of service.</summary>
    public async ValueTask ClearAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            _isCleared = true;
            var last = registry.Generations;
            registry.Swap([]);
            lock (_lock)
                _slots.Clear();
            foreach (var generation in last)
                generation.Retire();
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private PluginStatus StatusOf(Slot slot, IEnumerable<Generation> retired) => new()
    {
        Id = slot.Id,
        Folder = slot.Folder,
        State = slot.State,
        Generation = slot.Current?.Number ?? 0,
        FileVersion = slot.Current?.Manifest.FileVersion,
        Contract = slot.Current?.Manifest.Contract,
        Protocols = slot.Current?.Protocols ?? [],
        Sessions = sessions.CountOf(slot.Id),
        LastError = slot.LastError,
        Retired = [.. retired.Select(old => new RetiredGeneration { Generation = old.Number, Leases = old.Leases, IsLeaking = old.IsLeaking })],
    };

    private static PluginStatus Failed(string id, string folder, string? error) =>
        new() { Id = id, Folder = folder, State = PluginState.Failed, LastError = error };

    private void NoteRemoved()
    {
        lock (_lock)
        {
            foreach (var slot in _slots.Where(slot => !slot.IsRemoved && !Directory.Exists(slot.Folder)))
            {
                slot.IsRemoved = true;
                // Another folder with the same id may take its place now.
                _strays.Clear();
                Log.FolderGone(logger, slot.Id, slot.Folder, slot.Current?.Number ?? 0);
            }

            foreach (var gone in _strays.Keys.Where(folder => !Directory.Exists(folder)).ToArray())
                _strays.Remove(gone);
        }
    }

    /// <summary>The folders that hold something to load. What cannot be read is blamed, or left for the next look while it may be unfinished.</summary>
    private List<Candidate> Candidates(Scan scan, ScanReport report)
    {
        var candidates = new List<Candidate>();
        foreach (var (folder, hash) in scan.Hashes)
        {
            var slot = _slots.Find(slot => slot.Folder == folder && !slot.IsRemoved);
            if (hash is null)
            {
                Postpone(scan, report, slot, folder, "", new(folder, "the files cannot be read, or keep changing", LoadProblem.Unfinished));
                continue;
            }

            if ((slot?.TriedHash ?? _strays.GetValueOrDefault(folder)?.Hash) == hash && !(scan.IsForced && Concerns(scan, slot)))
                continue;
            try
            {
                candidates.Add(new(folder, hash, PluginManifest.Read(folder)));
            }
            catch (PluginLoadException e)
            {
                Postpone(scan, report, slot, folder, hash, e);
            }
        }

        return candidates;
    }

    private static bool Concerns(Scan scan, Slot? slot) => scan.OnlyId is null || scan.OnlyId == slot?.Id;

    private async ValueTask TakeAllAsync(Scan scan, ScanReport report, CancellationToken cancellationToken)
    {
        foreach (var candidate in Candidates(scan, report).OrderBy(candidate => Rank(candidate.Manifest.Id)).ThenBy(candidate => candidate.Manifest.Id, StringComparer.Ordinal))
            await TakeAsync(candidate, scan, report, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask TakeAsync(Candidate candidate, Scan scan, ScanReport report, CancellationToken cancellationToken)
    {
        var (folder, hash, manifest) = candidate;
        if (scan.OnlyId is not null && scan.OnlyId != manifest.Id)
            return;
        if (options.Load?.Contains(manifest.Id) == false)
        {
            SetStray(folder, hash, null);
            return;
        }

        var slot = SlotFor(candidate);
        if (slot is null)
        {
            var other = _slots.Find(slot => slot.Id == manifest.Id)?.Folder;
            SetStray(folder, hash, $"{folder}: id \"{manifest.Id}\" is that of {other} already; this folder is not used");
            return;
        }

        // A folder that came back, or got another name, with the files that run: nothing to do.
        if (slot.TriedHash == hash && !scan.IsForced)
            return;
        await LoadAsync(slot, manifest, hash, scan, report, cancellationToken).ConfigureAwait(false);
    }

    private Slot? SlotFor(Candidate candidate)
    {
        var (folder, _, manifest) = candidate;
        lock (_lock)
        {
            _strays.Remove(folder);
            // A folder may get files of another plugin; then the one it held is gone.
            foreach (var former in _slots.Where(slot => slot.Folder == folder && slot.Id != manifest.Id))
                former.IsRemoved = true;

            var slot = _slots.Find(slot => slot.Id == manifest.Id);
            if (slot is null)
            {
                _slots.Add(slot = new(manifest.Id, folder));
                _slots.Sort((a, b) => Rank(a.Id) != Rank(b.Id) ? Rank(a.Id) - Rank(b.Id) : string.CompareOrdinal(a.Id, b.Id));
            }

            if (slot.Folder != folder && !slot.IsRemoved)
                return null;
            (slot.Folder, slot.IsRemoved) = (folder, false);
            return slot;
        }
    }

    private async ValueTask LoadAsync(Slot slot, PluginManifest manifest, string hash, Scan scan, ScanReport report, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        try
        {
            if (slot.InPlace is not null && slot.TriedHash != hash)
                throw new PluginLoadException(slot.Folder, "hot_reload is off: changed files are loaded at the next start");
            var generation = await factory.CreateAsync(slot, manifest, hash, cancellationToken).ConfigureAwait(false);
            slot.AwaitedProtocol = null;
            if (Conflict(generation) is var (protocol, other))
            {
                slot.AwaitedProtocol = protocol;
                generation.Retire();
                throw new PluginLoadException(
                    Path.Combine(slot.Folder, manifest.FileName), $"plugins \"{slot.Id}\" and \"{other.Id}\" both serve protocol \"{protocol}\"; \"{other.Id}\" goes on");
            }

            Swap(slot, generation, hash, report);
            report.Results.Add(new() { Id = slot.Id, Generation = generation.Number });
            Log.InService(logger, slot.Id, generation.Number, manifest.FileVersion, (long)time.GetElapsedTime(start).TotalMilliseconds);
        }
        catch (PluginLoadException e)
        {
            Postpone(scan, report, slot, slot.Folder, hash, e);
        }
    }

    /// <summary>A protocol of this generation's that another plugin serves.</summary>
    private (string Protocol, Generation Other)? Conflict(Generation generation)
    {
        foreach (var protocol in generation.Protocols)
            if (registry.Generations.FirstOrDefault(other => other.Id != generation.Id && other.Protocols.Contains(protocol)) is { } other)
                return (protocol, other);
        return null;
    }

    private void Swap(Slot slot, Generation generation, string hash, ScanReport report)
    {
        Generation? old;
        lock (_lock)
        {
            old = slot.Current;
            (slot.Current, slot.TriedHash, slot.LastError) = (generation, hash, null);
            registry.Swap([.. _slots.Select(slot => slot.Current).OfType<Generation>()]);

            // A plugin that was refused for a protocol of the old generation's is right now.
            foreach (var waiting in _slots.Where(slot => slot.AwaitedProtocol is { } protocol && registry.SerialOf(protocol) == 0))
            {
                (waiting.TriedHash, waiting.AwaitedProtocol) = (null, null);
                report.IsProtocolFree = true;
            }
        }

        old?.Retire();
        sessions.WakeDraining();
        preparation.Add(generation);
    }

    /// <summary>A folder did not work: look again when it may be unfinished, or else say so and try these files no more.</summary>
    private void Postpone(Scan scan, ScanReport report, Slot? slot, string folder, string hash, PluginLoadException problem)
    {
        lock (_lock)
        {
            if (scan.IsPatient && problem.Kind is not LoadProblem.Final)
            {
                report.LookAgain = true;
                return;
            }

            if (slot is null)
            {
                // Folders that are no plugins do not matter to who names what to load.
                var error = options.Load is not null && problem.Kind is LoadProblem.NoPlugin ? null : problem.Message;
                SetStray(folder, hash, error);
                return;
            }

            (slot.TriedHash, slot.LastError) = (hash, problem.Message);
        }

        report.Results.Add(new() { Id = slot.Id, Generation = slot.Current?.Number ?? 0, Failure = problem.Message });
        Log.NotLoaded(logger, slot.Id, slot.Current is { } kept ? $"generation {kept.Number} goes on" : "nothing is in service", problem.Message);
    }

    private void SetStray(string folder, string hash, string? error)
    {
        lock (_lock)
            _strays[folder] = new(folder, hash, error);
        if (error is not null)
            Log.FolderNotUsable(logger, folder, error);
    }

    private int Rank(string id) => options.Load is { } load ? load.TakeWhile(other => other != id).Count() : 0;

    private sealed record Candidate(string Folder, string Hash, PluginManifest Manifest);

    /// <summary>A folder that is in no slot.</summary>
    private sealed record Stray(string Folder, string Hash, string? Error)
    {
        public string Name => Path.GetFileName(Folder);
    }
}
