using MailServer.Extensibility;

namespace MailServer.Pipeline.Tests;

internal sealed class FakeRoles : IRoles
{
    public FakeAccounts Directory { get; } = new();

    public IAccountDirectory Accounts => Directory;

    public bool HasAccounts { get; set; } = true;

    public List<IMessageFilter> Filters { get; } = [];

    public List<IDeliveryRule> Rules { get; } = [];

    public List<IOutgoingTransport> Transports { get; } = [];

    public List<IJunkTrainer> Trainers { get; } = [];

    public RoleHold<T> Lease<T>()
        where T : class =>
        new([.. Filters.Cast<object>().Concat(Rules).Concat(Transports).Concat(Trainers).OfType<T>().Select(role => new PluginRole<T>("test", role))], null);
}

internal sealed class FakeAccounts : IAccountDirectory
{
    public List<User> Users { get; } = [.. new[] { "alice@example.org", "bob@example.org", "carol@example.org", "a+b@example.org" }.Select(UserOf)];

    public Problem? Fault { get; set; }

    public static User UserOf(string address) => new() { Name = address, Address = AddressOf(address) };

    public static EmailAddress AddressOf(string address) => EmailAddress.TryParse(address, out var parsed) ? parsed : throw new ArgumentException(address);

    public ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken)
    {
        if (Fault is { } fault)
            return new(fault);
        return new(Users.Find(user => user.Address == address) is { } user ? user : new Outcome<User>(Problem.NoSuchAccount));
    }

    public ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) => new(Users);
}

/// <summary>A filter that answers what a test says.</summary>
internal sealed class FakeFilter(string name) : IMessageFilter
{
    public string Name => name;

    public int Asked { get; private set; }

    public Func<ConnectionInfo, CancellationToken, ValueTask<Verdict>> Connect { get; init; } = (_, _) => new(Verdict.Continue);

    public Func<Envelope, CancellationToken, ValueTask<Verdict>> Sender { get; init; } = (_, _) => new(Verdict.Continue);

    public Func<EmailAddress, CancellationToken, ValueTask<Verdict>> Recipient { get; init; } = (_, _) => new(Verdict.Continue);

    public Func<IMessage, CancellationToken, ValueTask<Verdict>> Message { get; init; } = (_, _) => new(Verdict.Continue);

    public ValueTask<Verdict> OnConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken) => Connect(connection, cancellationToken);

    public ValueTask<Verdict> OnSenderAsync(Envelope envelope, CancellationToken cancellationToken) => Sender(envelope, cancellationToken);

    public ValueTask<Verdict> OnRecipientAsync(Envelope envelope, EmailAddress recipient, CancellationToken cancellationToken) => Recipient(recipient, cancellationToken);

    public ValueTask<Verdict> OnMessageAsync(Envelope envelope, IMessage message, CancellationToken cancellationToken)
    {
        Asked++;
        return Message(message, cancellationToken);
    }
}

/// <summary>A plugin's rule that answers what a test says.</summary>
internal sealed class FakeRule(Func<IMessage, Recipient, Delivery, Delivery?> decide) : IDeliveryRule
{
    public string Name => "fake";

    public ValueTask<Delivery> DecideAsync(IMessage message, Recipient recipient, Delivery sofar, CancellationToken cancellationToken) =>
        new(decide(message, recipient, sofar)!);
}
