using MailServer.Extensibility;
using MailServer.Rules;
using MailServer.Server.Commands;
using MailServer.Server.Configuration;
using MailServer.Server.Hosting;
using MailServer.Storage;

namespace MailServer.Server.Control;

/// <summary>Says of a running server what the commands show.</summary>
internal static class HostReports
{
    /// <summary>Accounts named in the status: those that somebody should look after.</summary>
    private const int MaxQuotas = 5;

    public static async ValueTask<StatusReport> StatusOfAsync(MailHost host, CancellationToken cancellationToken) => new()
    {
        Version = ServerVersion.Text,
        Hostname = host.Config.Hostname,
        Config = Path.GetFullPath(host.Config.File),
        ProcessId = Environment.ProcessId,
        StartedAt = host.StartedAt,
        Connections = host.Listeners.Limits.Count,
        MaxConnections = host.Listeners.Limits.Max,
        Sessions = host.Plugins.SessionCount,
        Certificate = host.Listeners.Certificates?.Current is { } certificate ? new(certificate.Subject, certificate.NotAfter) : null,
        Listeners =
        [
            .. host.Listeners.Listeners.Select(listener => new ListenerReport(
                listener.Config.Name, listener.Address.ToString(), listener.Config.Protocol, NameOf(listener.Config.Tls), host.Plugins.Serves(listener.Config.Protocol))),
        ],
        Plugins = PluginsOf(host.Plugins),
        Store = StoreOf(host.Store.Status()),
        Queue = host.Queue.Status(),
        Quotas = await FullestAsync(host, cancellationToken).ConfigureAwait(false),
        Rules = host.Rules is { } rules ? RulesOf(rules, host) : null,
        UserRules = host.UserRules?.Status() is { } users ? RulesOf(users) : null,
    };

    public static IReadOnlyList<PluginReport> PluginsOf(PluginManager plugins) =>
    [
        .. plugins.Status().Select(plugin => new PluginReport
        {
            Id = plugin.Id,
            Version = plugin.FileVersion,
            State = NameOf(plugin.State),
            Generation = plugin.Generation,
            RetiredAlive = plugin.Retired.Count,
            IsLeaking = plugin.Retired.Any(retired => retired.IsLeaking),
            Sessions = plugin.Sessions,
            Protocols = plugin.Protocols,
            Contract = plugin.Contract,
            Folder = plugin.Folder,
            LastError = plugin.LastError,
        }),
    ];

    private static async ValueTask<IReadOnlyList<QuotaReport>> FullestAsync(MailHost host, CancellationToken cancellationToken)
    {
        var options = StoreTargets.OptionsOf(host.Config);
        IReadOnlyList<User> users = [];
        try
        {
            users = await host.Plugins.Accounts.ListAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The rest of the status is all the more worth seeing.
        }

        return
        [
            .. users
                .Select(user => QuotaReport.Known(options, user))
                .OfType<QuotaReport>()
                .Where(report => report.Percent is not null)
                .OrderByDescending(report => report.Percent)
                .ThenBy(report => report.Address, StringComparer.Ordinal)
                .Take(MaxQuotas),
        ];
    }

    private static StoreReport StoreOf(StoreStatus store) => new(store.OpenFolders, store.OpenViews, store.Delivered, store.Failures);

    private static RulesReport RulesOf(RuleEngine rules, MailHost host)
    {
        var status = rules.Status();
        return new()
        {
            Directory = host.Config.GlobalRules ?? "",
            IsCompiling = !host.RulesReady.IsCompleted,
            RetiredAlive = status.RetiredAlive,
            CompilerProblem = status.CompilerProblem,
            FailedTests = [.. status.FailedTests.Select(test => test.ToString())],
            Rules =
            [
                .. status.Rules.Select(rule => new RuleReport(
                    rule.File, NameOf(rule.State), rule.Runs, rule.Failures, rule.LastFailure, [.. rule.Diagnostics.Select(diagnostic => diagnostic.ToString())])),
            ],
        };
    }

    private static UserRulesReport RulesOf(UserRulesStatus status) => new(
        status.Refusal,
        status.Workers,
        [
            .. status.Accounts.Select(account => new AccountRulesReport(
                account.Account, account.Runs, account.Failures, account.LastFailure, account.IsResting, account.CompilerProblem,
                [.. account.FailedTests.Select(test => test.ToString())],
                [.. account.Rules.Select(rule => new AccountRuleReport(rule.File, NameOf(rule.State), [.. rule.Diagnostics.Select(diagnostic => diagnostic.ToString())]))])),
        ]);

    private static string NameOf(TlsMode mode) => mode switch
    {
        TlsMode.None => "none",
        TlsMode.StartTls => "starttls",
        _ => "implicit",
    };

    private static string NameOf(PluginState state) => state switch
    {
        PluginState.Active => "active",
        PluginState.Kept => "kept",
        PluginState.Removed => "removed",
        _ => "failed",
    };

    private static string NameOf(RuleState state) => state switch
    {
        RuleState.Live => "live",
        RuleState.Outdated => "outdated",
        _ => "broken",
    };
}
