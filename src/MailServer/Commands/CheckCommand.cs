using System.Text.Json;
using MailServer.Rules;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using MailServer.Server.Hosting;
using MailServer.Server.Tls;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary><c>mailserver check</c> and <c>mailserver rules check</c>: is this right? Nothing is changed by asking.</summary>
internal static class CheckCommand
{
    /// <summary>Checks a configuration and all that it names.</summary>
    public static async Task<int> RunAsync(string file, bool asJson, CancellationToken cancellationToken)
    {
        ServerConfig config;
        try
        {
            config = ConfigReader.Read(file);
        }
        catch (BrokenConfigException e) when (asJson)
        {
            return await ReportAsync(new(false, [.. e.Errors.Select(error => error.Message)], []), asJson, file, ExitCode.Wrong).ConfigureAwait(false);
        }

        var errors = new List<string>();
        var warnings = new List<string>();
        CheckCertificate(config, errors, warnings);
        await CheckPluginsAsync(config, errors, warnings, cancellationToken).ConfigureAwait(false);
        if (config.GlobalRules is { } missing && !Directory.Exists(missing))
            warnings.Add($"{missing}: no such folder, so there are no rules");
        else if (config.GlobalRules is { } rules)
            await CheckRulesAsync(config, [rules], [], errors, warnings, cancellationToken).ConfigureAwait(false);
        if (config.UserRules is { } users && UserRuleSetup.OptionsOf(config, users).Refusal is { } refusal)
            warnings.Add($"users' rules will not run: {refusal}");
        return await ReportAsync(new(errors.Count == 0, errors, warnings), asJson, file, ExitCode.No).ConfigureAwait(false);
    }

    /// <summary>Checks accounts' own scripts, against what is for users.</summary>
    /// <param name="file">The configuration.</param>
    /// <param name="account">Whose; null for everybody's.</param>
    /// <param name="asJson">Whether to print JSON.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<int> OwnRulesAsync(string file, string? account, bool asJson, CancellationToken cancellationToken)
    {
        var config = ConfigReader.Read(file);
        if (config.UserRules is null)
            throw new StoreUsageException(ExitCode.Wrong, $"{file}: [rules] users is not set: nobody has own scripts");
        var (errors, warnings, count) = (new List<string>(), new List<string>(), 0);
        var users = await StoreTargets.UsersAsync(config, account, cancellationToken).ConfigureAwait(false);
        var versions = new RulesVersions(config, isFresh: true);
        await using var _ = versions.ConfigureAwait(false);
        using (new WorkLine("checking users' scripts"))
            foreach (var user in users)
                if (versions.OwnFolder(user) is { } folder && Directory.Exists(folder))
                {
                    count++;
                    foreach (var diagnostic in (await versions.FindOwnAsync(user, folder, "check", cancellationToken).ConfigureAwait(false)).Diagnostics)
                        (diagnostic.IsError ? errors : warnings).Add($"{user.Address}/{diagnostic}");
                }

        return await ReportAsync(new(errors.Count == 0, errors, warnings), asJson, $"own scripts of {StoreText.Count(count, "account")}", ExitCode.No).ConfigureAwait(false);
    }

    /// <summary>Checks rule scripts: files, folders, or else those of the configuration.</summary>
    public static async Task<int> RulesAsync(string file, string[] paths, string? account, bool asJson, CancellationToken cancellationToken)
    {
        // Scripts that are named need no configuration: an editor may ask for any.
        var config = paths.Length == 0 ? ConfigReader.Read(file) : null;
        if (paths.Length == 0)
            paths = config?.GlobalRules is { } rules ? [rules] : [];
        var errors = new List<string>();
        var warnings = new List<string>();
        IReadOnlyList<string> folders = account is null ? []
            : [.. (await StoreTargets.FindAsync(file, account, null, cancellationToken).ConfigureAwait(false)).SelectMany(target => MaildirFiles.Folders(target.Maildir, target.Layout)).Select(folder => folder.Name.Value)];
        await CheckRulesAsync(config, paths, folders, errors, warnings, cancellationToken).ConfigureAwait(false);
        return await ReportAsync(new(errors.Count == 0, errors, warnings), asJson, paths.Length == 0 ? $"{file}: no rules" : string.Join(' ', paths), ExitCode.No).ConfigureAwait(false);
    }

    private static async Task<int> ReportAsync(CheckReport report, bool asJson, string what, int bad)
    {
        if (asJson)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, PrintJson.Default.CheckReport)).ConfigureAwait(false);
        }
        else
        {
            foreach (var warning in report.Warnings)
                // Of a script it says so itself, after the place, which is what editors look for at the line's beginning.
                await Console.Error.WriteLineAsync(warning.Contains(": warning ", StringComparison.Ordinal) ? warning : $"warning: {warning}").ConfigureAwait(false);
            foreach (var error in report.Errors)
                await Console.Error.WriteLineAsync(error).ConfigureAwait(false);
            if (report.IsGood)
                await Console.Out.WriteLineAsync($"{what}: good").ConfigureAwait(false);
        }

        return report.IsGood ? ExitCode.Done : bad;
    }

    private static void CheckCertificate(ServerConfig config, List<string> errors, List<string> warnings)
    {
        if (config.Tls is not { } tls)
            return;
        try
        {
            var certificate = LoadedCertificate.Load(tls);
            var now = TimeProvider.System.GetUtcNow();
            if (now > certificate.NotAfter || now < certificate.NotBefore)
                errors.Add($"{tls.Certificate}: valid from {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd} only");
            else if (certificate.NotAfter - now < TimeSpan.FromDays(7))
                warnings.Add($"{tls.Certificate}: valid until {certificate.NotAfter:yyyy-MM-dd} only");
        }
        catch (CertificateException e)
        {
            errors.Add(e.Message);
        }
    }

    private static async ValueTask CheckPluginsAsync(ServerConfig config, List<string> errors, List<string> warnings, CancellationToken cancellationToken)
    {
        errors.AddRange(config.TablesWithoutPlugin(PluginInventory.IdsIn(config.PluginDirectory)).Select(error => error.Message));
        var offline = await OfflinePlugins.LoadAsync(config, cancellationToken).ConfigureAwait(false);
        await using (offline.ConfigureAwait(false))
        {
            errors.AddRange(offline.Failures);
            // Where a plugin failed, this may only be what follows from it.
            foreach (var listener in config.Listeners.Where(listener => !offline.Plugins.Serves(listener.Protocol)))
                (offline.Failures.Count > 0 ? warnings : errors).Add($"{config.File}: listener \"{listener.Name}\": no plugin serves protocol \"{listener.Protocol}\"");
            await AliasCheck.RunAsync(config, offline.Plugins.Accounts, errors, warnings, cancellationToken).ConfigureAwait(false);
            if (config.Domains.Count == 0)
                warnings.Add($"{config.File}: without [[domains]] no mail is accepted");
        }
    }

    private static async ValueTask CheckRulesAsync(ServerConfig? config, string[] paths, IReadOnlyList<string> folders, List<string> errors, List<string> warnings, CancellationToken cancellationToken)
    {
        if (paths.Length == 0)
            return;
        try
        {
            var options = MailHost.RuleOptionsOf(config?.DataDirectory ?? Path.GetTempPath(), paths[0]) with { KnownFolders = folders };
            IReadOnlyList<RuleCheck> checks;
            using (new WorkLine("checking the rules"))
                checks = await RuleEngine.CheckAsync(options, paths, cancellationToken).ConfigureAwait(false);
            foreach (var diagnostic in checks.SelectMany(check => check.Diagnostics))
                (diagnostic.IsError ? errors : warnings).Add(diagnostic.ToString());
        }
        catch (IOException e)
        {
            errors.Add(e.Message);
        }
    }
}
