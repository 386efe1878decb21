using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailServer.Posix;
using MailServer.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Tls;

/// <summary>
/// Holds the certificate that new handshakes get, and takes up changed files. One context is kept for each certificate, since
/// session tickets belong to it. A file that cannot be used changes nothing.
/// </summary>
internal sealed class CertificateSource : IAsyncDisposable
{
    // The certificate is written, then the key: both are there after this.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    private readonly DirectoryWatcher _watcher;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly Task _loop;
    private readonly List<IDisposable> _watches = [];
    private volatile LoadedCertificate _current;
    private volatile TlsConfig _config;
    private string? _brokenHash;

    /// <summary>Loads the certificate and watches its files from here on.</summary>
    /// <exception cref="CertificateException">It cannot be used.</exception>
    public CertificateSource(TlsConfig config, DirectoryWatcher watcher, TimeProvider time, ILogger logger)
    {
        (_config, _watcher, _time, _logger) = (config, watcher, time, logger);
        _current = LoadedCertificate.Load(config);
        WarnOfTime(_current);
        Watch();
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(() => FollowAsync(_end.Token), CancellationToken.None);
    }

    public TimeSpan HandshakeLimit => _config.HandshakeLimit;

    /// <summary>The certificate in use.</summary>
    public LoadedCertificate Current => _current;

    /// <summary>Chooses what a handshake gets; asked for each.</summary>
    public ValueTask<SslServerAuthenticationOptions> ChooseAsync(SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancellationToken) =>
        new(_current.Options);

    /// <summary>Takes other files.</summary>
    /// <exception cref="CertificateException">They cannot be used; what was there stays.</exception>
    public void Use(TlsConfig config)
    {
        var loaded = LoadedCertificate.Load(config);
        _config = config;
        Watch();
        Swap(loaded);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        lock (_lock)
            _watches.ForEach(watch => watch.Dispose());
        _end.Dispose();
        _changed.Dispose();
    }

    private void Watch()
    {
        lock (_lock)
        {
            var old = _watches.ToArray();
            _watches.Clear();
            foreach (var folder in new[] { _config.Certificate, _config.Key }.Select(Path.GetDirectoryName).OfType<string>().Distinct())
                _watches.Add(_watcher.Watch(folder, SignalChange));
            foreach (var watch in old)
                watch.Dispose();
        }
    }

    private void SignalChange()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // A look is due already, or never again.
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(Settle, _time, cancellationToken).ConfigureAwait(false);
                await _changed.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Takes up the files when they have changed. Broken ones are told of once.</summary>
    private void Look()
    {
        var hash = LoadedCertificate.HashOf(_config) ?? ""; // unreadable is told of too
        if (hash == _current.Hash || hash == _brokenHash)
            return;
        try
        {
            Swap(LoadedCertificate.Load(_config));
        }
        catch (CertificateException e)
        {
            _brokenHash = hash;
            Log.CertificateBroken(_logger, e.Message, _current.Subject);
        }
    }

    private void Swap(LoadedCertificate loaded)
    {
        if (loaded.Hash == _current.Hash)
            return;
        loaded.Prepare();
        // The old one is not disposed: handshakes and sessions may still use it.
        (_current, _brokenHash) = (loaded, null);
        Log.CertificateInUse(_logger, loaded.Subject, loaded.NotAfter);
        WarnOfTime(loaded);
    }

    private void WarnOfTime(LoadedCertificate loaded)
    {
        var now = _time.GetUtcNow();
        if (now > loaded.NotAfter || now < loaded.NotBefore)
            Log.CertificateOutOfTime(_logger, loaded.Subject, loaded.NotBefore, loaded.NotAfter);
    }
}

/// <summary>A certificate with its key and chain, ready for handshakes.</summary>
internal sealed class LoadedCertificate
{
    // A chain of three with RSA-4096 is 8 KB.
    private const int MaxFileSize = 1024 * 1024;

    private readonly Lazy<SslServerAuthenticationOptions> _options;

    private LoadedCertificate(X509Certificate2 leaf, X509Certificate2Collection chain, string hash)
    {
        (Hash, Subject, NotBefore, NotAfter) = (hash, leaf.GetNameInfo(X509NameType.DnsName, false), leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime());
        chain.Remove(leaf);
        // Not at once: it reads all root certificates of the system, a quarter of a second, which the first banner need not wait for.
        _options = new(() => new()
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
            // RFC 8996 §2: no older ones.
#pragma warning disable CA5398 // the operating system's defaults may be newer, but must not be older
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
            AllowRenegotiation = false,
        });
    }

    public SslServerAuthenticationOptions Options => _options.Value;

    /// <summary>Does now what the first handshake would have to.</summary>
    /// <exception cref="CertificateException">The system's libraries cannot use it.</exception>
    public void Prepare()
    {
        try
        {
            _ = _options.Value;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            throw new CertificateException($"the certificate of {Subject}: {e.Message}", e);
        }
    }

    /// <summary>Of both files.</summary>
    public string? Hash { get; }

    public string Subject { get; }

    public DateTimeOffset NotBefore { get; }

    public DateTimeOffset NotAfter { get; }

    /// <summary>Reads certificate, chain and key.</summary>
    /// <exception cref="CertificateException">They cannot be used; the message names the file.</exception>
    public static LoadedCertificate Load(TlsConfig config)
    {
        var certificate = Read(config.Certificate);
        var key = Read(config.Key);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw new CertificateException($"{config.Key}: no private key in PEM form");
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            if (chain.Count == 0)
                throw new CertificateException($"{config.Certificate}: no certificate in PEM form");
            return new(X509Certificate2.CreateFromPem(certificate, key), chain, HashOf(certificate, key));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException($"{config.Certificate} with {config.Key}: {e.Message}", e);
        }
    }

    /// <summary>A hash of both files, or null when they cannot be read.</summary>
    public static string? HashOf(TlsConfig config)
    {
        try
        {
            return HashOf(Read(config.Certificate), Read(config.Key));
        }
        catch (CertificateException)
        {
            return null;
        }
    }

    private static string HashOf(string certificate, string key) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{certificate}\0{key}")));

    private static string Read(string path)
    {
        try
        {
            return new FileInfo(path).Length > MaxFileSize
                ? throw new CertificateException($"{path}: larger than {MaxFileSize / 1024} KiB")
                : File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(e is FileNotFoundException or DirectoryNotFoundException ? $"{path}: no such file" : $"{path}: {e.Message}", e);
        }
    }
}

/// <summary>A certificate cannot be used; the message is one line that names the file.</summary>
internal sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
