namespace MailServer.Rules;

/// <summary>The worker's side: a mail and its recipient that are in the server.</summary>
internal sealed class RemoteSource(Func<MailQuestion, string, FrameReader> ask) : IMailSource, IRecipientSource, INotes
{
    public DateTimeOffset Date => ask(MailQuestion.Date, "").Date();

    public DateTimeOffset Received => _received ??= ask(MailQuestion.Received, "").Date();

    public long Size => ask(MailQuestion.Size, "").Number();

    public double JunkScore => ask(MailQuestion.JunkScore, "").Real();

    public IReadOnlyList<string> AuthenticationResults => ask(MailQuestion.AuthenticationResults, "").List(frame => frame.Text());

    public MailOrigin Origin => ask(MailQuestion.Origin, "") is var frame
        ? new() { Sender = frame.Text(), Helo = frame.Text(), ClientIp = frame.Text(), Tls = frame.Text(), User = frame.Text() }
        : MailOrigin.Unknown;

    public IReadOnlyList<MailPart> Parts =>
        field ??= ask(MailQuestion.Parts, "").List(frame => new MailPart(frame.Text(), frame.Text(), frame.Number(), frame.Flag()));

    public string Text => ask(MailQuestion.Text, "").Text();

    public string Address => Recipient.Address;

    public string Detail => Recipient.Detail;

    public string Account => Recipient.Account;

    public IReadOnlyList<AccountFolder> Folders => field ??= ask(MailQuestion.Folders, "").List(frame => new AccountFolder(frame.Text(), frame.Text()));

    public INotes Notes => this;

    private DateTimeOffset? _received;

    private RecipientFacts Recipient => field ??= ask(MailQuestion.Recipient, "") is var frame
        ? new() { Address = frame.Text(), Detail = frame.Text(), Account = frame.Text() }
        : new();

    public IReadOnlyList<string> Fields(string name) => ask(MailQuestion.Fields, name).List(frame => frame.Text());

    public IReadOnlyList<Correspondent> Addresses(string name) =>
        ask(MailQuestion.Addresses, name).List(frame => new Correspondent { Name = frame.Text(), LocalPart = frame.Text(), Domain = frame.Text() });

    string? INotes.Find(string key, DateTimeOffset now) => ask(MailQuestion.Note, key).TextOrNull();

    // They go with the decision.
    void INotes.Write(IReadOnlyList<NoteChange> changes)
    {
    }
}
