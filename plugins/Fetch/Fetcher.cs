using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailKit;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Fetch;

/// <summary>
/// Brings the mail of one account elsewhere. Before a message is committed here its name is written down beside its UID there, and only after that it counts as
/// done: whenever we die, the next start finds by that name whether the message is here. Nothing is deleted there before.
/// </summary>
internal sealed class Fetcher(FetchAccount account, IPluginHost host) : IMailFetcher
{
    /// <summary>The longest wait after a failure.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>RFC 2177: a server may hang up after half an hour.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(25);

    private readonly ILogger _logger = host.Logging.CreateLogger("fetch");
    private readonly FetchStateFile _file = new(Path.Combine(host.DataDirectory, account.Name + ".json"));
    private FetchState _state = new();

    public string Name => $"fetch {account.Name}";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            var wait = account.Interval;
            try
            {
                _state = _file.Read();
                await LookAsync(cancellationToken).ConfigureAwait(false);
                failures = 0;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && IsFailure(e))
            {
                wait = TimeSpan.FromTicks(Math.Min(LongestWait.Ticks, account.Interval.Ticks << Math.Min(failures++, 20) is > 0 and var ticks ? ticks : LongestWait.Ticks));
                Log.Failed(_logger, account.Name, OneLine(e.Message), wait);
            }

            await Task.Delay(wait, host.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsFailure(Exception e) =>
        e is IOException or SocketException or UnauthorizedAccessException or ProtocolException or CommandException or OperationCanceledException or TimeoutException
            or MailKit.Security.AuthenticationException or MailKit.Security.SslHandshakeException or FolderNotFoundException or ServiceNotConnectedException or ServiceNotAuthenticatedException;

    /// <summary>One connection: all that is there, and with IDLE all that comes.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var found = await host.Accounts.FindAsync(account.DeliverTo, cancellationToken).ConfigureAwait(false);
        if (!found.TryGet(out var user, out var problem))
            throw new IOException($"{account.DeliverTo}: {problem.Text}");
        await SettleAsync(user, cancellationToken).ConfigureAwait(false);
        var mailbox = await Mailbox.OpenAsync(account, cancellationToken).ConfigureAwait(false);
        await using (mailbox.ConfigureAwait(false))
        {
            // RFC 9051 §2.3.1.1: other UIDs mean other messages. What was kept there comes again, rather than not at all.
            if (_state.Validity != mailbox.Validity)
                Write(new() { Validity = mailbox.Validity });
            do
                await BringAsync(mailbox, cancellationToken).ConfigureAwait(false);
            while (await mailbox.WaitAsync(IdleLimit, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task BringAsync(Mailbox mailbox, CancellationToken cancellationToken)
    {
        var there = await mailbox.ListAsync(_state.Last, cancellationToken).ConfigureAwait(false);
        var seen = _state.Seen.ToHashSet(StringComparer.Ordinal);
        foreach (var uid in there)
        {
            if (seen.Contains(uid))
            {
                // Here, but the deletion there did not get through.
                if (account.Deletes && !_state.Left.Contains(uid, StringComparer.Ordinal))
                    await mailbox.DeleteAsync(uid, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var isTaken = await BringAsync(mailbox, uid, cancellationToken).ConfigureAwait(false);
            Write(isTaken || !account.IsPop3 ? Done(uid) : Done(uid) with { Left = [.. _state.Left, uid] });
            if (isTaken && account.Deletes)
                await mailbox.DeleteAsync(uid, cancellationToken).ConfigureAwait(false);
        }

        await mailbox.CommitAsync(cancellationToken).ConfigureAwait(false);
        if (account.IsPop3 && _state.Seen.Count > 0)
        {
            var still = there.ToHashSet(StringComparer.Ordinal);
            Write(_state with { Seen = [.. _state.Seen.Where(still.Contains)], Left = [.. _state.Left.Where(still.Contains)] });
        }
    }

    /// <summary>Brings one message. False when it is not taken for good, and stays there.</summary>
    private async Task<bool> BringAsync(Mailbox mailbox, string uid, CancellationToken cancellationToken)
    {
        var head = new LineEnds(null);
        Envelope? envelope = null;
        IMailTransaction? mail = null;
        try
        {
            var isThere = await mailbox.ReadAsync(uid, async piece =>
            {
                // The first piece has the Return-Path, which the transaction wants to know.
                if (mail is null)
                {
                    envelope = EnvelopeOf(await FirstAsync(piece, cancellationToken).ConfigureAwait(false));
                    mail = await host.Ingress.BeginAsync(envelope, cancellationToken).ConfigureAwait(false);
                    if ((mail.SenderProblem ?? await mail.AddRecipientAsync(account.DeliverTo, cancellationToken).ConfigureAwait(false)) is { } refusal)
                        throw new RefusedException(refusal);
                    head = new(mail.Body);
                }

                await head.CopyAsync(piece, cancellationToken).ConfigureAwait(false);
            }, cancellationToken).ConfigureAwait(false);
            if (!isThere || mail is null)
                return false;
            await head.EndAsync(cancellationToken).ConfigureAwait(false);
            Write(_state with { Pending = new(uid, mail.Id, host.Time.GetUtcNow()) });
            // From here on nothing is given up half-way: what is not known to be here would have to be looked for.
            if (await mail.CommitAsync(CancellationToken.None).ConfigureAwait(false) is { } problem)
                throw new RefusedException(problem);
            Log.Fetched(_logger, account.Name, uid, mail.Id);
            return true;
        }
        catch (RefusedException e)
        {
            if (_state.Pending is not null)
                Write(_state with { Pending = null });
            if (e.Problem.Status.IsTransient)
                throw new IOException(e.Problem.Text, e);
            Log.Left(_logger, account.Name, uid, e.Problem.Status, OneLine(e.Problem.Text));
            return false;
        }
        finally
        {
            if (mail is not null)
                await mail.DisposeAsync().ConfigureAwait(false);
        }
    }

    private FetchState Done(string uid) => account.IsPop3
        ? _state with { Pending = null, Seen = [.. _state.Seen, uid] }
        : _state with { Pending = null, Last = uint.Parse(uid, CultureInfo.InvariantCulture) };

    private void Write(FetchState state)
    {
        _file.Write(state);
        _state = state;
    }

    /// <summary>What was on its way when we died: here, or not.</summary>
    private async Task SettleAsync(User user, CancellationToken cancellationToken)
    {
        if (_state.Pending is not { } pending)
            return;
        if (await IsHereAsync(user, pending, cancellationToken).ConfigureAwait(false))
        {
            Log.WasHere(_logger, account.Name, pending.Uid);
            Write(Done(pending.Uid));
        }
        else
        {
            Write(_state with { Pending = null });
        }
    }

    private async Task<bool> IsHereAsync(User user, PendingMessage pending, CancellationToken cancellationToken)
    {
        var opened = await host.Store.OpenAsync(user, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var store, out var problem))
            throw new IOException(problem.Text);
        await using (store.ConfigureAwait(false))
        {
            if (!(await store.ListAsync(cancellationToken).ConfigureAwait(false)).TryGet(out var folders, out problem))
                throw new IOException(problem.Text);
            var key = new SearchKey.And([new SearchKey.Younger(pending.Since.AddHours(-1)), new SearchKey.Header("Received", $"id {pending.Id}")]);
            foreach (var folder in folders.Where(folder => folder.IsSelectable))
            {
                if (!(await store.OpenFolderAsync(folder.Name, MailServer.FolderAccess.ReadOnly, null, cancellationToken).ConfigureAwait(false)).TryGet(out var view, out problem))
                    throw new IOException(problem.Text);
                await using (view.ConfigureAwait(false))
                    if ((await view.SearchAsync(key, cancellationToken).ConfigureAwait(false)).TryGet(out var hits, out problem) ? hits.Count > 0 : throw new IOException(problem.Text))
                        return true;
            }
        }

        return false;
    }

    private Envelope EnvelopeOf(string top) => new()
    {
        Connection = new()
        {
            Id = Name, Listener = "fetch", Local = new(IPAddress.Loopback, 0),
            Remote = new(IPAddress.TryParse(account.Host, out var address) ? address : IPAddress.Loopback, account.Port),
            Tls = account.Tls == FetchTls.None ? null : new() { Protocol = "TLS", CipherSuite = "" },
        },
        Helo = account.Host,
        With = account.IsPop3 ? "POP3" : "IMAP",
        ReversePath = ReturnPathOf(top),
    };

    /// <summary>RFC 5321 §4.4: the last server wrote the reverse-path on top.</summary>
    internal static EmailAddress? ReturnPathOf(string top)
    {
        foreach (var line in top.Split('\n'))
        {
            if (line.TrimEnd('\r').Length == 0)
                break;
            if (line.StartsWith("Return-Path:", StringComparison.OrdinalIgnoreCase))
                return EmailAddress.TryParse(line["Return-Path:".Length..].Trim().Trim('<', '>'), out var address) ? address : null;
        }

        return null;
    }

    private static async Task<string> FirstAsync(Stream piece, CancellationToken cancellationToken)
    {
        var octets = new byte[16 * 1024];
        var count = await piece.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        piece.Position = 0;
        return Encoding.Latin1.GetString(octets, 0, count);
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private sealed class RefusedException(Problem problem) : Exception(problem.Text)
    {
        public Problem Problem => problem;
    }
}
