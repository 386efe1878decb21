using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MailServer.Posix;
using MailServer.Server.Configuration;
using MailServer.Server.Tls;
using MailServer.TestKit;

namespace MailServer.Server.Tests;

public sealed class CertificateSourceTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TempDirectory _directory = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly MemoryStream _log = new();
    private CertificateSource? _source;

    private TlsConfig Config => new(_directory.File("cert.pem"), _directory.File("key.pem"), TimeSpan.FromSeconds(5));

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync();
        _watcher.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_changed_file_is_what_the_next_handshake_gets()
    {
        Write("one.example");
        _source = Start();
        var old = _source.Current;

        Write("two.example");

        await UntilAsync(() => _source.Current != old);
        Assert.Equal("two.example", _source.Current.Subject);
        Assert.Same(_source.Current.Options, await _source.ChooseAsync(null!, new SslClientHelloInfo(), null, default));
    }

    [Fact]
    public async Task A_renamed_file_is_taken_up_too()
    {
        Write("one.example");
        _source = Start();
        using var other = new TempDirectory();
        SelfSigned.Write(other.File("cert.pem"), other.File("key.pem"), "two.example", TimeProvider.System.GetUtcNow());

        File.Move(other.File("key.pem"), Config.Key, overwrite: true);
        File.Move(other.File("cert.pem"), Config.Certificate, overwrite: true);

        await UntilAsync(() => _source.Current.Subject == "two.example");
    }

    [Fact]
    public async Task A_broken_file_changes_nothing_and_is_told_of_once()
    {
        Write("one.example");
        _source = Start();

        await File.WriteAllTextAsync(Config.Certificate, "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
        await UntilAsync(() => LogText.Contains("not taken", StringComparison.Ordinal));
        await File.WriteAllTextAsync(_directory.File("other"), "a change that is none of ours");
        Write("two.example");
        await UntilAsync(() => _source.Current.Subject == "two.example");

        Assert.Equal(2, LogText.Split("not taken").Length);
        Assert.Contains(Config.Certificate, LogText);
        Assert.Contains("that of one.example stays", LogText);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused_with_the_files_names()
    {
        Write("one.example");
        var key = File.ReadAllText(Config.Key);
        Write("two.example");
        File.WriteAllText(Config.Key, key);

        var error = Assert.Throws<CertificateException>(() => LoadedCertificate.Load(Config));

        Assert.StartsWith($"{Config.Certificate} with {Config.Key}: ", error.Message);
    }

    [Theory]
    [InlineData("cert.pem", "", "no certificate in PEM form")]
    [InlineData("key.pem", "x", "no private key in PEM form")]
    public void A_file_of_another_kind_is_refused_with_its_name(string name, string text, string reason)
    {
        Write("one.example");
        File.WriteAllText(_directory.File(name), text);

        Assert.Equal($"{_directory.File(name)}: {reason}", Assert.Throws<CertificateException>(() => LoadedCertificate.Load(Config)).Message);
    }

    [Fact]
    public void A_key_is_written_for_its_owner_alone()
    {
        Write("one.example");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Config.Key));
        using var certificate = X509Certificate2.CreateFromPemFile(Config.Certificate, Config.Key);
        Assert.True(certificate.HasPrivateKey);
        Assert.True(certificate.MatchesHostname("localhost"));
    }

    private string LogText => System.Text.Encoding.UTF8.GetString(_log.ToArray());

    private void Write(string name) => SelfSigned.Write(Config.Certificate, Config.Key, name, TimeProvider.System.GetUtcNow());

    private CertificateSource Start() =>
        new(Config, _watcher, TimeProvider.System, new Logging.LogWriter(_log, TimeProvider.System).CreateLogger("test"));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!holds())
            await Task.Delay(20, limit.Token);
    }
}
