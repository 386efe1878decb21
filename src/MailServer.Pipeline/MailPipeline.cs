using MailServer.Accounts;
using MailServer.Extensibility;
using MailServer.Rules;
using MailServer.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Pipeline;

/// <summary>The one road that a message takes: filters, recipients, spool, trace fields, rules, delivery.</summary>
public sealed class MailPipeline : IMailIngress
{
    private static readonly Problem TooBig = new(new(5, 3, 4), "Message too big") { Reason = ProblemReason.LimitReached };

    private readonly PipelineParts _parts;
    private readonly OwnerNotice _notice;
    private readonly ConnectVerdicts _connections = new();

    /// <summary>Builds the road. Nothing runs before the first connection.</summary>
    /// <param name="options">Names, limits, filters.</param>
    /// <param name="store">Where mail is put.</param>
    /// <param name="plugins">Filters, rules and account directories.</param>
    /// <param name="rules">The administrators' scripts, or null for none.</param>
    /// <param name="observer">Is told of deliveries, or null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Makes the pipeline's logger.</param>
    /// <param name="users">The users' own scripts, or null for none.</param>
    /// <param name="queue">Takes mail for other servers, or null when none is taken.</param>
    /// <param name="aliases">The addresses that stand for others, or null when there are none.</param>
    public MailPipeline(
        PipelineOptions options, MaildirStore store, PluginManager plugins, RuleEngine? rules, IDeliveryObserver? observer, TimeProvider time, ILoggerFactory logging,
        UserScripts? users = null, MailQueue? queue = null, AliasFile? aliases = null)
        : this(options, new MaildirAdapter(store), new PluginRoles(plugins), rules, new DeliveryJournal(store, observer), time, logging, users, queue, aliases is null ? null : aliases.Current)
    {
        store.WarnBy(new QuotaNotice(store, options.Server.Hostname, options.IsOverQuotaFinal, time, logging.CreateLogger("MailServer.Pipeline")).SendAsync);
    }

    /// <summary>A road to one account, without filters, rules or a queue: mail for anybody goes there.</summary>
    /// <param name="options">Names and limits.</param>
    /// <param name="store">Where the account is.</param>
    /// <param name="accounts">Finds it.</param>
    /// <param name="time">The clock.</param>
    public static MailPipeline ForOneAccount(PipelineOptions options, MaildirStore store, IAccountDirectory accounts, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(
            options with { Server = options.Server with { Domains = ["localhost"] }, FilterOrder = [] },
            new MaildirAdapter(store), new OneDirectory(accounts), null, new DeliveryJournal(store, null), time, NullLoggerFactory.Instance);
    }

    internal MailPipeline(
        PipelineOptions options, IDeliveryStore store, IRoles roles, RuleEngine? rules, IDeliveryObserver? observer, TimeProvider time, ILoggerFactory logging,
        UserScripts? users = null, MailQueue? queue = null, Func<AliasTable?>? aliases = null)
    {
        MimeOptions.Prepare();
        var logger = logging.CreateLogger("MailServer.Pipeline");
        _notice = new(store, options.Server.Hostname, time, logger);
        var resolver = new RecipientResolver(options, roles, logger);
        var notifier = queue is null ? null : new StatusNotifier(options.Server.Hostname, store, resolver, queue, time, logger);
        if (notifier is not null)
            queue?.NotifyBy(notifier);
        queue?.DeliverBy(new(this, resolver, options.Server.Hostname));
        _parts = new(
            options,
            store,
            new FilterStage(options, roles, time, logger),
            resolver,
            new AliasStage(aliases ?? (() => AliasTable.Empty), resolver, logger),
            new SendingLimit(options.RecipientsPerDay, time),
            new RuleStage(options, store, roles, rules, users is null ? null : new(users, _notice, logger), time, logger),
            new DeliverStage(store, observer, time, logger),
            new SendStage(options, store, resolver, queue, queue is { RewritesSenders: true } ? new(queue.RewritingKeyFile, logger) : null, time, logger),
            new NotesFiles(time, logger),
            queue,
            notifier,
            time,
            logger);
    }

    /// <summary>Tells the postmaster by mail what is wrong with the administrators' scripts. Where there is no postmaster the log has it alone.</summary>
    /// <param name="complaints">What is wrong, one line each.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask TellPostmasterAsync(IReadOnlyList<string> complaints, CancellationToken cancellationToken)
    {
        var server = _parts.Options.Server;
        var postmaster = new EmailAddress("postmaster", server.Domains is [var first, ..] ? first : server.Hostname);
        var found = await _parts.Resolver.ResolveAsync(postmaster, isSubmission: false, cancellationToken).ConfigureAwait(false);
        if (found.TryGet(out var recipient, out var problem))
            await _notice.SendAsync(recipient.Account, "the administrators' rules, those for everybody's mail", complaints).ConfigureAwait(false);
        else
            Log.OwnerNotTold(_parts.Logger, postmaster, problem.Text);
    }

    /// <inheritdoc/>
    public bool SendsMail => _parts.Queue is { IsOpen: true };

    /// <inheritdoc/>
    public async ValueTask<Problem?> MaySendAsAsync(User user, EmailAddress address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        var found = await _parts.Aliases.FindAsync(address, isSubmission: false, cancellationToken).ConfigureAwait(false);
        if (found.TryGet(out var destinations, out var problem))
            return destinations.Here.Any(recipient => recipient.Account.Name == user.Name) ? null : Problem.NotTheirs;
        return problem.Status.IsTransient ? problem : Problem.NotTheirs;
    }

    /// <inheritdoc/>
    public async ValueTask<Problem?> ConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var verdict = await _parts.Filters
            .AskAsync("connect", connection.Id, (filter, token) => filter.OnConnectAsync(connection, token), null, cancellationToken).ConfigureAwait(false);
        if (verdict.Problem is { } problem)
            Log.ConnectionRefused(_parts.Logger, connection.Id, connection.Remote, problem.Status, problem.Text);
        else
            _connections.Add(connection.Id, verdict);
        return verdict.Problem;
    }

    /// <inheritdoc/>
    public async ValueTask<IMailTransaction> BeginAsync(Envelope envelope, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var verdict = envelope.AnnouncedSize > _parts.Options.MaxMessageSize
            ? Verdict.Refuse(TooBig)
            : await _parts.Filters.AskAsync(
                "sender", envelope.Connection.Id, (filter, token) => filter.OnSenderAsync(envelope, token), null, cancellationToken).ConfigureAwait(false);
        if (verdict.Problem is { } problem)
            Log.SenderRefused(_parts.Logger, envelope.Connection.Id, envelope.ReversePath, problem.Status, problem.Text);
        return new MailTransaction(
            _parts, envelope, MessageId.Create(_parts.Time), _connections.Of(envelope.Connection.Id).With(verdict), verdict.Problem);
    }
}
