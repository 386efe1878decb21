using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Search;
using MailKit.Security;

namespace MailServer.Plugins.Fetch;

/// <summary>The account there, over one connection. UIDs and unique-ids are texts.</summary>
internal abstract class Mailbox : IAsyncDisposable
{
    /// <summary>Octets that are asked for at once: a message is never in memory whole, where the protocol has pieces.</summary>
    protected const int Piece = 1024 * 1024;

    /// <summary>Connects and logs in.</summary>
    public static async Task<Mailbox> OpenAsync(FetchAccount account, CancellationToken cancellationToken)
    {
        Mailbox mailbox = account.IsPop3 ? new PopMailbox() : new ImapMailbox();
        try
        {
            await mailbox.ConnectAsync(account, cancellationToken).ConfigureAwait(false);
            return mailbox;
        }
        catch
        {
            await mailbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The folder's UIDVALIDITY; 0 with POP3.</summary>
    public virtual uint Validity => 0;

    /// <summary>Messages that may be new, in the order in which they came there.</summary>
    public abstract Task<IReadOnlyList<string>> ListAsync(uint last, CancellationToken cancellationToken);

    /// <summary>Reads a message to its end, a piece after the other; false when it is gone.</summary>
    public abstract Task<bool> ReadAsync(string uid, Func<Stream, Task> take, CancellationToken cancellationToken);

    /// <summary>Deletes a message there.</summary>
    public abstract Task DeleteAsync(string uid, CancellationToken cancellationToken);

    /// <summary>Ends the look: now deletions count.</summary>
    public abstract Task CommitAsync(CancellationToken cancellationToken);

    /// <summary>Waits until something may have come, as the server tells; false when it does not tell.</summary>
    public abstract Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    protected abstract Task ConnectAsync(FetchAccount account, CancellationToken cancellationToken);

    protected static async Task ConnectAsync(MailService service, FetchAccount account, CancellationToken cancellationToken)
    {
        service.Timeout = 60_000;
        service.CheckCertificateRevocation = false;
        if (account.Trust is { } trust)
            service.ServerCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, trust);
        await service.ConnectAsync(account.Host, account.Port, account.Tls switch
        {
            FetchTls.Implicit => SecureSocketOptions.SslOnConnect,
            FetchTls.StartTls => SecureSocketOptions.StartTls,
            _ => SecureSocketOptions.None,
        }, cancellationToken).ConfigureAwait(false);
        await service.AuthenticateAsync(account.User, account.Password, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsTrusted(
        System.Security.Cryptography.X509Certificates.X509Certificate? certificate, System.Security.Cryptography.X509Certificates.X509Chain? sent,
        System.Net.Security.SslPolicyErrors errors, System.Security.Cryptography.X509Certificates.X509Certificate2Collection trust)
    {
        if (certificate is not System.Security.Cryptography.X509Certificates.X509Certificate2 leaf || (errors & ~System.Net.Security.SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using var chain = new System.Security.Cryptography.X509Certificates.X509Chain();
        chain.ChainPolicy.TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(trust);
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        return chain.Build(leaf);
    }

    private sealed class ImapMailbox : Mailbox
    {
        private readonly ImapClient _client = new();
        private IMailFolder _folder = null!;

        public override uint Validity => _folder.UidValidity;

        public override async Task<IReadOnlyList<string>> ListAsync(uint last, CancellationToken cancellationToken)
        {
            // N:* has the last message always (RFC 9051 §6.4.4): the caller passes over what it knows.
            var range = new UniqueIdRange(_folder.UidValidity, last + 1, uint.MaxValue);
            var found = await _folder.SearchAsync(SearchQuery.Uids(range).And(SearchQuery.NotDeleted), cancellationToken).ConfigureAwait(false);
            return [.. found.Where(uid => uid.Id > last).OrderBy(uid => uid.Id).Select(uid => uid.Id.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        }

        public override async Task<bool> ReadAsync(string uid, Func<Stream, Task> take, CancellationToken cancellationToken)
        {
            for (var at = 0; ; at += Piece)
                try
                {
                    using var piece = await _folder.GetStreamAsync(IdOf(uid), at, Piece, cancellationToken).ConfigureAwait(false);
                    var length = piece.Length;
                    await take(piece).ConfigureAwait(false);
                    if (length < Piece)
                        return true;
                }
                catch (MessageNotFoundException) when (at == 0)
                {
                    return false;
                }
        }

        public override async Task DeleteAsync(string uid, CancellationToken cancellationToken)
        {
            await _folder.StoreAsync(IdOf(uid), new StoreFlagsRequest(StoreAction.Add, MailKit.MessageFlags.Deleted) { Silent = true }, cancellationToken).ConfigureAwait(false);
            // Without UIDPLUS what others have marked would go too: then it stays, marked.
            if (_client.Capabilities.HasFlag(ImapCapabilities.UidPlus))
                await _folder.ExpungeAsync([IdOf(uid)], cancellationToken).ConfigureAwait(false);
        }

        public override Task CommitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override async Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
        {
            if (!_client.Capabilities.HasFlag(ImapCapabilities.Idle))
                return false;
            using var done = new CancellationTokenSource(limit);
            void Wake(object? sender, EventArgs e) => done.Cancel();
            _folder.CountChanged += Wake;
            try
            {
                await _client.IdleAsync(done.Token, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _folder.CountChanged -= Wake;
            }

            return true;
        }

        public override async ValueTask DisposeAsync()
        {
            await QuitAsync(_client).ConfigureAwait(false);
            _client.Dispose();
        }

        protected override async Task ConnectAsync(FetchAccount account, CancellationToken cancellationToken)
        {
            await ConnectAsync(_client, account, cancellationToken).ConfigureAwait(false);
            _folder = account.Folder.Equals("INBOX", StringComparison.OrdinalIgnoreCase) ? _client.Inbox! : await _client.GetFolderAsync(account.Folder, cancellationToken).ConfigureAwait(false);
            await _folder.OpenAsync(account.Deletes ? MailKit.FolderAccess.ReadWrite : MailKit.FolderAccess.ReadOnly, cancellationToken).ConfigureAwait(false);
        }

        private UniqueId IdOf(string uid) => new(_folder.UidValidity, uint.Parse(uid, System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed class PopMailbox : Mailbox
    {
        private readonly Pop3Client _client = new();
        private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

        public override async Task<IReadOnlyList<string>> ListAsync(uint last, CancellationToken cancellationToken)
        {
            var uids = await _client.GetMessageUidsAsync(cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < uids.Count; i++)
                _numbers[uids[i]] = i;
            return [.. uids];
        }

        public override async Task<bool> ReadAsync(string uid, Func<Stream, Task> take, CancellationToken cancellationToken)
        {
            using var message = await _client.GetStreamAsync(_numbers[uid], cancellationToken: cancellationToken).ConfigureAwait(false);
            await take(message).ConfigureAwait(false);
            return true;
        }

        public override Task DeleteAsync(string uid, CancellationToken cancellationToken) => _client.DeleteMessageAsync(_numbers[uid], cancellationToken);

        // RFC 1939 §6: what is marked goes at QUIT.
        public override Task CommitAsync(CancellationToken cancellationToken) => _client.DisconnectAsync(quit: true, cancellationToken);

        public override Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken) => Task.FromResult(false);

        public override ValueTask DisposeAsync()
        {
            _client.Dispose();
            return ValueTask.CompletedTask;
        }

        protected override Task ConnectAsync(FetchAccount account, CancellationToken cancellationToken) => ConnectAsync(_client, account, cancellationToken);
    }

    private static async Task QuitAsync(MailService client)
    {
        try
        {
            if (client.IsConnected)
            {
                using var limit = new CancellationTokenSource(2000);
                await client.DisconnectAsync(quit: true, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ProtocolException or OperationCanceledException or System.Net.Sockets.SocketException)
        {
            // It has gone before us.
        }
    }
}
