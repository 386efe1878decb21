using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Smtp.Tests;

/// <summary>Takes mail for alice, bob and postmaster of example.org, and keeps it in memory.</summary>
internal sealed class FakeIngress : IMailIngress
{
    public List<FakeMail> Accepted { get; } = [];

    /// <summary>How many transactions are begun and not ended.</summary>
    public int Open { get; private set; }

    public bool SendsMail { get; set; }

    public Problem? ConnectProblem { get; set; }

    public Problem? SenderProblem { get; set; }

    public Problem? CommitProblem { get; set; }

    public Exception? Bug { get; set; }

    /// <summary>What filters do meanwhile.</summary>
    public Action? Filters { get; set; }

    public ValueTask<Problem?> ConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken)
    {
        Filters?.Invoke();
        return new(ConnectProblem);
    }

    public ValueTask<IMailTransaction> BeginAsync(Envelope envelope, CancellationToken cancellationToken)
    {
        Filters?.Invoke();
        if (Bug is { } bug)
            throw bug;
        Open++;
        return new(new FakeMail(this, envelope));
    }

    public void End() => Open--;
}

internal sealed class FakeMail(FakeIngress ingress, Envelope envelope) : IMailTransaction
{
    private readonly MemoryStream _body = new();
    private PipeWriter? _writer;
    private bool _isEnded;

    public Envelope Envelope => envelope;

    public List<EmailAddress> Recipients { get; } = [];

    public List<RecipientTerms> Terms { get; } = [];

    /// <summary>All that was asked for, in short.</summary>
    public string TermsText
    {
        get
        {
            var mail = envelope.Terms;
            return $"{(mail.RequiresTls ? "TLS " : "")}{(mail.Return is { } returned ? returned == ReturnedContent.Full ? "FULL" : "HDRS" : "-")} {mail.EnvelopeId ?? "-"}"
                + string.Concat(Terms.Select(terms => $"; {terms.Notify?.ToString() ?? "-"} {terms.OriginalRecipient?.Replace(';', '|') ?? "-"}"));
        }
    }

    public string Text => Encoding.Latin1.GetString(_body.ToArray());

    public string Id => "m1";

    public Problem? SenderProblem => ingress.SenderProblem;

    public PipeWriter Body => _writer ??= PipeWriter.Create(_body, new(leaveOpen: true));

    public async ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, RecipientTerms terms, CancellationToken cancellationToken)
    {
        var problem = await AddRecipientAsync(recipient, cancellationToken);
        if (problem is null)
            Terms.Add(terms);
        return problem;
    }

    /// <summary>Bob's disk is full.</summary>
    public async ValueTask<IReadOnlyList<Problem?>> CommitEachAsync(int count, CancellationToken cancellationToken)
    {
        Assert.Equal(Recipients.Count, count);
        var problem = await CommitAsync(cancellationToken);
        return [.. Recipients.Select(recipient => recipient.LocalPart == "bob" ? Problem.StorageFull : problem)];
    }

    public ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, CancellationToken cancellationToken)
    {
        if (recipient.Domain != "example.org" || recipient.LocalPart is not ("alice" or "bob" or "postmaster" or "müller"))
            return new(Problem.NoSuchAccount);
        Recipients.Add(recipient);
        return new((Problem?)null);
    }

    public async ValueTask<Problem?> CommitAsync(CancellationToken cancellationToken)
    {
        await Body.CompleteAsync();
        if (ingress.CommitProblem is null)
            ingress.Accepted.Add(this);
        return ingress.CommitProblem;
    }

    public ValueTask DisposeAsync()
    {
        Assert.False(_isEnded, "disposed twice");
        _isEnded = true;
        ingress.End();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Alice, whose password is <c>secret</c>, and who also is info@example.org; and Bob.</summary>
internal sealed class FakeAccounts : IAuthenticator, IAccountDirectory
{
    public const string Password = "seCret-7";

    private static readonly User Alice = new() { Name = "alice", Address = new("alice", "example.org") };

    private static readonly User Bob = new() { Name = "bob", Address = new("bob", "example.org") };

    public AuthOutcome? Answer { get; set; }

    public ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken) => new(
        Answer is { } answer ? new AuthResult(answer)
        : credentials is Credentials.Password { UserName: "alice", Secret: Password } ? new AuthResult(AuthOutcome.Accepted, Alice) : new AuthResult(AuthOutcome.Refused));

    public ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken) => new(address switch
    {
        { Domain: "example.org", LocalPart: "alice" or "info" } => Alice,
        { Domain: "example.org", LocalPart: "bob" } => Bob,
        _ => (Outcome<User>)Problem.NoSuchAccount,
    });

    public ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) => new([Alice, Bob]);
}

/// <summary>Keeps every log line.</summary>
internal sealed class LogBook : ILoggerFactory, ILogger
{
    private readonly List<(EventId Id, string Text)> _lines = [];

    public (EventId Id, string Text)[] Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add((eventId, formatter(state, exception) + exception));
    }
}
