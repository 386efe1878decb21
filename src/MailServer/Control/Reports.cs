using System.Text.Json.Serialization;
using MailServer.Pipeline;
using MailServer.Storage;

namespace MailServer.Server.Control;

/// <summary>A question to a running server: one line of JSON.</summary>
internal sealed record ControlRequest
{
    /// <summary><c>status</c>, <c>plugins</c>, <c>reload</c>, or what is done to queued mail: <c>queue-retry</c>, <c>queue-hold</c>, <c>queue-release</c>, <c>queue-delete</c>; <c>learn</c> when an account's journal was written by a command.</summary>
    public required string Command { get; init; }

    /// <summary>What it is about: a plugin's or a message's id, an account's address, or null for all.</summary>
    public string? Target { get; init; }
}

/// <summary>The answer: one line of JSON.</summary>
internal sealed record ControlReply
{
    /// <summary>Why there is no answer.</summary>
    public string? Error { get; init; }

    public StatusReport? Status { get; init; }

    public IReadOnlyList<PluginReport>? Plugins { get; init; }

    public IReadOnlyList<ReloadReport>? Reloads { get; init; }

    /// <summary>How many messages were changed.</summary>
    public int? Changed { get; init; }
}

/// <summary>What <c>status --json</c> prints.</summary>
internal sealed record StatusReport
{
    public required string Version { get; init; }

    public required string Hostname { get; init; }

    public required string Config { get; init; }

    public required int ProcessId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required int Connections { get; init; }

    public required int MaxConnections { get; init; }

    public required int Sessions { get; init; }

    public CertificateReport? Certificate { get; init; }

    public required IReadOnlyList<ListenerReport> Listeners { get; init; }

    public required IReadOnlyList<PluginReport> Plugins { get; init; }

    public StoreReport? Store { get; init; }

    public QueueStatus? Queue { get; init; }

    /// <summary>The accounts nearest to their limits, fullest first.</summary>
    public IReadOnlyList<QuotaReport> Quotas { get; init; } = [];

    public RulesReport? Rules { get; init; }

    public UserRulesReport? UserRules { get; init; }
}

internal sealed record CertificateReport(string Subject, DateTimeOffset NotAfter);

internal sealed record ListenerReport(string Name, string Address, string Protocol, string Tls, bool IsServed);

/// <summary>What <c>plugin list --json</c> prints for each.</summary>
internal sealed record PluginReport
{
    public required string Id { get; init; }

    public required string? Version { get; init; }

    public required string State { get; init; }

    public required int Generation { get; init; }

    public required int RetiredAlive { get; init; }

    public required bool IsLeaking { get; init; }

    public required int Sessions { get; init; }

    public required IReadOnlyList<string> Protocols { get; init; }

    public required string? Contract { get; init; }

    public required string Folder { get; init; }

    public required string? LastError { get; init; }
}

internal sealed record ReloadReport(string Id, int Generation, string? Failure);

internal sealed record StoreReport(int OpenFolders, int OpenViews, long Delivered, long Failures);

internal sealed record RulesReport
{
    public required string Directory { get; init; }

    public required bool IsCompiling { get; init; }

    public required int RetiredAlive { get; init; }

    public required string? CompilerProblem { get; init; }

    /// <summary>Tests that fail and keep the scripts as they are now out of service.</summary>
    public IReadOnlyList<string> FailedTests { get; init; } = [];

    public required IReadOnlyList<RuleReport> Rules { get; init; }
}

internal sealed record RuleReport(string File, string State, long Runs, long Failures, string? LastFailure, IReadOnlyList<string> Diagnostics);

/// <summary>Users' own rules: why none run here, processes now, and the accounts that had mail lately.</summary>
internal sealed record UserRulesReport(string? Refusal, int Workers, IReadOnlyList<AccountRulesReport> Accounts);

internal sealed record AccountRulesReport(
    string Account, long Runs, long Failures, string? LastFailure, bool IsResting, string? CompilerProblem, IReadOnlyList<string> FailedTests, IReadOnlyList<AccountRuleReport> Rules);

internal sealed record AccountRuleReport(string File, string State, IReadOnlyList<string> Diagnostics);

/// <summary>What <c>account list --json</c> prints for each.</summary>
internal sealed record AccountReport(string Name, string Address, string? Home, QuotaReport? Quota);

/// <summary>An alias, as <c>alias list --json</c> prints it.</summary>
internal sealed record AliasReport(string Address, IReadOnlyList<string> Targets, int Line);

/// <summary>What an account holds and may hold; what <c>account quota --json</c> prints.</summary>
/// <param name="Address">Whose.</param>
/// <param name="Storage">Octets that its messages have on disk; null when they are not counted yet.</param>
/// <param name="Messages">How many they are.</param>
/// <param name="StorageLimit">Octets it may hold; null for any number.</param>
/// <param name="MessagesLimit">Messages it may hold.</param>
/// <param name="Percent">The part of the limits that is used; of two the nearer one.</param>
/// <param name="IsOwn">Whether the limits are the account's own, and not the configuration's.</param>
internal sealed record QuotaReport(string Address, long? Storage, long? Messages, long? StorageLimit, long? MessagesLimit, int? Percent, bool IsOwn)
{
    public static QuotaReport Of(User user, QuotaUsage usage) => new(
        user.Address.ToString(), usage.Storage, usage.Messages, usage.Limit.Storage, usage.Limit.Messages, QuotaText.Percent(usage), user.Quota is not null);

    /// <summary>In words for people.</summary>
    public string Text() => Storage is null
        ? "not counted yet"
        : QuotaText.Of(new() { Storage = Storage ?? 0, Messages = Messages ?? 0, Limit = new() { Storage = StorageLimit, Messages = MessagesLimit } });

    /// <summary>What is known without a count; null when the account has no limits.</summary>
    public static QuotaReport? Known(StoreOptions options, User user)
    {
        var limit = user.Quota ?? options.Quota;
        if (!limit.HasLimit)
            return null;
        return AccountUsage.Known(options, user) is { } usage ? Of(user, usage) : new(user.Address.ToString(), null, null, limit.Storage, limit.Messages, null, user.Quota is not null);
    }
}

/// <summary>What <c>check --json</c> and <c>rules check --json</c> print.</summary>
internal sealed record CheckReport(bool IsGood, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class WireJson : JsonSerializerContext;

/// <summary>For people who read it: indented.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(IReadOnlyList<PluginReport>))]
[JsonSerializable(typeof(IReadOnlyList<ReloadReport>))]
[JsonSerializable(typeof(IReadOnlyList<AccountReport>))]
[JsonSerializable(typeof(IReadOnlyList<AliasReport>))]
[JsonSerializable(typeof(QuotaReport))]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(Commands.NewRulesReport))]
internal sealed partial class PrintJson : JsonSerializerContext;
