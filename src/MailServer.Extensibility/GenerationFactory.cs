using System.Globalization;

namespace MailServer.Extensibility;

/// <summary>Makes generations: copies aside, loads, constructs, configures. What fails goes to the graveyard like any other, to be unloaded.</summary>
internal sealed class GenerationFactory(
    PluginOptions options, IPluginServices services, IAuthenticator authenticator, ISasl sasl, IAccountDirectory accounts, Graveyard graveyard, PluginTimings timings)
{
    private long _serial;

    private string Copies => Path.Combine(options.ShadowDirectory, "generations");

    /// <summary>Removes what an earlier process left.</summary>
    public void DeleteCopies() => PluginFolder.TryDelete(Copies);

    /// <summary>Makes the next generation of a slot, configured but not in service. Not for use by two threads at once.</summary>
    /// <exception cref="PluginLoadException">It does not work; nothing of it remains.</exception>
    public async ValueTask<Generation> CreateAsync(Slot slot, PluginManifest manifest, string hash, CancellationToken cancellationToken)
    {
        var original = Path.Combine(slot.Folder, manifest.FileName);
        var serial = ++_serial;
        var shadow = options.HotReload ? CopyAside(slot, hash, serial) : null;
        var content = Open(slot, original, shadow is null ? original : Path.Combine(shadow, manifest.FileName), shadow);
        var failure = await StartAsync(content, manifest, original, cancellationToken).ConfigureAwait(false);
        var generation = new Generation(manifest, ++slot.LastNumber, serial, shadow, content, graveyard);
        if (failure is null)
            return generation;

        generation.Retire();
        // Who gives up waiting says nothing about the plugin.
        cancellationToken.ThrowIfCancellationRequested();
        throw new PluginLoadException(failure);
    }

    private string CopyAside(Slot slot, string hash, long serial)
    {
        var shadow = Path.Combine(Copies, slot.Id, serial.ToString(CultureInfo.InvariantCulture));
        string? failure = null;
        try
        {
            PluginFolder.Copy(slot.Folder, shadow);
            if (PluginFolder.Hash(shadow) == hash)
                return shadow;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // It changes while it is copied.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = OneLine.Of(e);
        }

        PluginFolder.TryDelete(shadow);
        throw failure is null
            ? new PluginLoadException(slot.Folder, "the folder changes while it is read", LoadProblem.Unfinished)
            : new PluginLoadException(shadow, failure);
    }

    private Generation.Content Open(Slot slot, string original, string path, string? shadow)
    {
        try
        {
            // In place there is one load for the life of the process; a new generation is only a new entry point.
            var assembly = shadow is null ? slot.InPlace ??= GenerationLoader.Load(path, isCollectible: false) : GenerationLoader.Load(path, isCollectible: true);
            return new(assembly, new(services.Time));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            if (shadow is not null)
                PluginFolder.TryDelete(shadow);
            throw new PluginLoadException(original, OneLine.Of(e));
        }
    }

    /// <summary>Constructs and configures the plugin under a time limit. Returns what went wrong, as text.</summary>
    private async ValueTask<string?> StartAsync(Generation.Content content, PluginManifest manifest, string path, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task? work = null;
        try
        {
            var config = services.ConfigOf(manifest.Id);
            // On a thread of its own, since a plugin that blocks must not hold up more than itself.
            work = Task.Run(() => ConfigureAsync(content, manifest, path, config, giveUp.Token), CancellationToken.None);
            await work.WaitAsync(timings.Step, services.Time, cancellationToken).ConfigureAwait(false);
            config.RejectUnknownKeys();
            return null;
        }
        catch (TimeoutException) when (work is { IsCompleted: false })
        {
            return $"{path}: ConfigureAsync takes longer than {timings.Step.TotalSeconds:0.#} s";
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
        catch (Exception e)
#pragma warning restore CA1031
        {
            return OneLine.In(path, e);
        }
        finally
        {
            content.Roles.Seal();
            if (work is { IsCompleted: false })
                await CancelAsync(giveUp).ConfigureAwait(false);
        }
    }

    private async Task ConfigureAsync(Generation.Content content, PluginManifest manifest, string path, ConfigSection config, CancellationToken cancellationToken)
    {
        content.Plugin = GenerationLoader.Construct(content.Assembly, manifest, path);
        var host = new GenerationHost(manifest.Id, config, services, authenticator, sasl, accounts, content);
        await content.Plugin.ConfigureAsync(host, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask CancelAsync(CancellationTokenSource giveUp)
    {
        try
        {
            await giveUp.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException)
        {
            // What a plugin has registered on the token failed; the plugin is given up anyway.
        }
    }
}
