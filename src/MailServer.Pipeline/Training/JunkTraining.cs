using System.Collections.Concurrent;
using System.Threading.Channels;
using MailServer.Extensibility;
using MailServer.Rules;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>
/// Tells those that learn what is junk what accounts' journals teach: what was put into the folder for junk or out of it, and what was taken
/// back. Accounts take turns on one task, which sleeps while nothing is moved; without a trainer nothing is read.
/// </summary>
public sealed class JunkTraining : IAsyncDisposable
{
    /// <summary>What a trainer may take for one message: it reads some megabytes, and writes a few counts.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly MaildirStore _store;
    private readonly IRoles _roles;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<User> _waiting = Channel.CreateUnbounded<User>();
    private readonly ConcurrentDictionary<string, bool> _isWaiting = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    /// <summary>Starts to listen.</summary>
    /// <param name="store">Whose journals.</param>
    /// <param name="plugins">Those that learn.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Makes the logger.</param>
    public JunkTraining(MaildirStore store, PluginManager plugins, TimeProvider time, ILoggerFactory logging)
        : this(store, new PluginRoles(plugins), time, logging)
    {
    }

    internal JunkTraining(MaildirStore store, IRoles roles, TimeProvider time, ILoggerFactory logging)
    {
        ArgumentNullException.ThrowIfNull(store);
        (_store, _roles, _time, _logger) = (store, roles, time, logging.CreateLogger("MailServer.Pipeline"));
        _loop = Task.Run(() => RunAsync(_end.Token), CancellationToken.None);
        store.TaughtBy(Tell);
    }

    /// <summary>Says that an account's journal has something new: the store does, and commands that have written to it themselves.</summary>
    public void Tell(User user)
    {
        ArgumentNullException.ThrowIfNull(user);

        // Each account waits once: what comes meanwhile is read with the rest.
        if (HasTrainer() && _isWaiting.TryAdd(user.Name, true))
            _waiting.Writer.TryWrite(user);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _store.TaughtBy(static _ => { });
        _waiting.Writer.TryComplete();
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _end.Dispose();
    }

    private bool HasTrainer()
    {
        using var trainers = _roles.Lease<IJunkTrainer>();
        return trainers.Items.Count > 0;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var user in _waiting.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                _isWaiting.TryRemove(user.Name, out _);
                await TeachAsync(user, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The rest is in the journals.
        }
    }

    private async ValueTask TeachAsync(User user, CancellationToken cancellationToken)
    {
        try
        {
            if ((await _store.TeachAsync(user, FoldersOf(user), (lesson, isTakenBack) => TeachAsync(lesson, isTakenBack, cancellationToken), cancellationToken).ConfigureAwait(false)) is { } problem)
                Log.LessonsUnread(_logger, user.Address, problem.Text);
        }
#pragma warning disable CA1031 // one account's trouble must not end the others' lessons
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.LessonsUnread(_logger, user.Address, OneLine.Of(e));
        }
    }

    private async ValueTask TeachAsync(IJunkLesson lesson, bool isTakenBack, CancellationToken cancellationToken)
    {
        using var trainers = _roles.Lease<IJunkTrainer>();
        foreach (var (plugin, trainer) in trainers.Items)
        {
            var (_, failure) = await Guard.AskAsync(Limit, _time, async token =>
            {
                if (isTakenBack)
                    await trainer.UnlearnAsync(lesson, token).ConfigureAwait(false);
                else
                    await trainer.LearnAsync(lesson, token).ConfigureAwait(false);
                return true;
            }, cancellationToken).ConfigureAwait(false);
            if (failure is not null)
                Log.TrainerFailed(_logger, lesson.User.Address, lesson.EmailId, plugin, failure);
        }
    }

    private LessonFolders FoldersOf(User user)
    {
        var folders = new AccountFolders(new AccountOnly(_store, user));
        return new(folders.Junk, folders.Trash);
    }

    /// <summary>An account without a mail for it: its folders.</summary>
    private sealed class AccountOnly(MaildirStore store, User user) : IRecipientSource
    {
        public string Address => user.Address.ToString();

        public string Detail => "";

        public string Account => user.Address.ToString();

        public IReadOnlyList<AccountFolder> Folders => store.ListFolders(user).TryGet(out var folders, out _)
            ? [.. folders.Where(folder => folder.IsSelectable).Select(folder => new AccountFolder(folder.Name.Value, folder.SpecialUse ?? ""))]
            : [];

        public INotes Notes => throw new NotSupportedException("nothing is noted here");
    }
}
