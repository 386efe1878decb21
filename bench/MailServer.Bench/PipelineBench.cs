using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using MailServer.Pipeline;
using MailServer.Posix;
using MailServer.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Bench;

/// <summary>
/// One message of 4 KiB from MAIL to the file in its Maildir, within the process: on disk, where two syncs are waited for, and in memory
/// (/dev/shm), where a sync costs nothing and our own work shows.
/// </summary>
[MemoryDiagnoser]
public class PipelineBench : IRoles
{
    private static readonly EmailAddress Alice = new("alice", "example.org");

    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly byte[] _message = Encoding.ASCII.GetBytes(
        "From: Carol <carol@example.net>\r\nTo: alice@example.org\r\nSubject: bench\r\nDate: Tue, 24 Nov 2026 06:07:08 +0000\r\nMessage-ID: <bench@example.net>\r\n\r\n"
        + string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 50)));

    private readonly Envelope _envelope = new()
    {
        Connection = new() { Id = "b", Listener = "mx", Local = new(IPAddress.Loopback, 25), Remote = new(IPAddress.Loopback, 40000) },
        Helo = "bench.example",
        With = "ESMTP",
        ReversePath = new("carol", "example.net"),
    };

    private string _directory = "";
    private MaildirStore _store = null!;
    private MailPipeline _pipeline = null!;

    [Params("/dev/shm", "/tmp")]
    public string Place { get; set; } = "";

    [Params(1, 100)]
    public int Recipients { get; set; }

    IAccountDirectory IRoles.Accounts { get; } = new Directory100();

    bool IRoles.HasAccounts => true;

    RoleHold<T> IRoles.Lease<T>() => new([], null);

    [GlobalSetup]
    public void Setup()
    {
        _directory = Path.Combine(Place, $"mailserver-bench-{Environment.ProcessId}");
        _store = new(
            new() { Maildir = "{data}/mail/{user}/Maildir", Layout = MaildirLayout.MaildirPlusPlus, DataDirectory = _directory, Hostname = "mx.example.org" },
            _watcher, TimeProvider.System, NullLoggerFactory.Instance);
        _pipeline = new(
            new() { Server = new() { Hostname = "mx.example.org", Domains = ["example.org"], Version = "0" } },
            new MaildirAdapter(_store), this, null, null, TimeProvider.System, NullLoggerFactory.Instance);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _store.DisposeAsync();
        _watcher.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Description = "MAIL to file")]
    public async Task DeliverAsync()
    {
        await using var mail = await _pipeline.BeginAsync(_envelope, default);
        for (var i = 0; i < Recipients; i++)
            if (await mail.AddRecipientAsync(Alice with { LocalPart = $"alice{i}" }, default) is { } refused)
                throw new InvalidOperationException(refused.Text);
        await mail.Body.WriteAsync(_message);
        if (await mail.CommitAsync(default) is { } problem)
            throw new InvalidOperationException(problem.Text);
    }

    /// <summary>Everybody is here.</summary>
    private sealed class Directory100 : IAccountDirectory
    {
        public ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken) =>
            new(new User { Name = address.LocalPart, Address = address });

        public ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) => new(Array.Empty<User>());
    }
}
