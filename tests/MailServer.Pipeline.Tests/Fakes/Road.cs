using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Pipeline.Tests;

/// <summary>A pipeline with everything replaceable around it.</summary>
internal sealed class Road : IDeliveryObserver
{
    public const string Hello = "From: a@sender.example\r\nSubject: hello\r\n\r\nbody\r\n";

    private MailPipeline? _pipeline;

    public FakeStore Store { get; } = new();

    public FakeRoles Roles { get; } = new();

    public FakeTimeProvider Time { get; } = new(new(2026, 11, 24, 6, 7, 8, TimeSpan.Zero));

    public ListLog Log { get; } = new();

    public List<DeliveryReport> Reports { get; } = [];

    public Action<DeliveryReport> Observer { get; set; } = _ => { };

    public PipelineOptions Options { get; set; } = new()
    {
        Server = new() { Hostname = "mx.example.org", Domains = ["example.org", "xn--bcher-kva.example"], Version = "0.0.1" },
    };

    public Rules.RuleEngine? Rules { get; set; }

    public MailPipeline Pipeline => _pipeline ??= new(Options, Store, Roles, Rules, this, Time, Log);

    /// <summary>Begins anew with a queue.</summary>
    public void UseQueue(MailQueue queue) => _pipeline = new(Options, Store, Roles, Rules, this, Time, Log, null, queue);

    /// <summary>Begins anew with aliases; null is a file that cannot be read.</summary>
    public void UseAliases(Accounts.AliasTable? aliases, MailQueue? queue = null) => _pipeline = new(Options, Store, Roles, Rules, this, Time, Log, null, queue, () => aliases);

    public static ConnectionInfo Connection { get; } = new()
    {
        Id = "c1",
        Listener = "mx",
        Local = new(IPAddress.Loopback, 25),
        Remote = new(IPAddress.Parse("192.0.2.1"), 40000),
    };

    public Envelope Envelope { get; set; } = new()
    {
        Connection = Connection,
        Helo = "client.example",
        With = "ESMTP",
        ReversePath = new("a", "sender.example"),
    };

    /// <summary>A message as rules see it.</summary>
    public static MessageSource SourceOf(SpooledMessage message) =>
        new(message.Block, message.OpenFile, new() { Received = default, Size = message.Size, Findings = message.Prepended, Hostname = "mx.example.org" });

    public void Delivered(DeliveryReport report)
    {
        lock (Reports)
            Reports.Add(report);
        Observer(report);
    }

    /// <summary>Sends a message; what the first refusal says, or null.</summary>
    public async Task<Problem?> SendAsync(string text, params string[] recipients)
    {
        await using var mail = await Pipeline.BeginAsync(Envelope, default);
        foreach (var recipient in recipients)
            if (await mail.AddRecipientAsync(FakeAccounts.AddressOf(recipient), default) is { } problem)
                return problem;
        await mail.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        return await mail.CommitAsync(default);
    }

    internal sealed class ListLog : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
                Lines.Add($"{eventId.Id} {formatter(state, exception)}");
        }

        public void Dispose()
        {
        }
    }
}
