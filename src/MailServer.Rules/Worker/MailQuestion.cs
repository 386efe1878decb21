namespace MailServer.Rules;

/// <summary>What a worker may ask about the mail, one for each member of <see cref="IMailSource"/>.</summary>
internal enum MailQuestion : byte
{
    Fields = 1,
    Addresses,
    Date,
    Size,
    JunkScore,
    IsAuthentic,
    Parts,
}

/// <summary>The server's side: answers a question from the mail at hand.</summary>
internal static class MailAnswers
{
    /// <summary>Characters of a field's name that is asked for: RFC 5322 §2.1.1 has no longer lines.</summary>
    private const int MaxName = 998;

    public static void Write(FrameWriter answer, IMailSource source, MailQuestion question, string name)
    {
        if (name.Length > MaxName)
            throw new FrameException("a field's name without end");
        answer.Begin(FrameKind.Answer);
        _ = question switch
        {
            MailQuestion.Fields => answer.List(source.Fields(name), (frame, value) => frame.Text(value)),
            MailQuestion.Addresses => answer.List(source.Addresses(name), (frame, person) => frame.Text(person.Name).Text(person.LocalPart).Text(person.Domain)),
            MailQuestion.Date => answer.Date(source.Date),
            MailQuestion.Size => answer.Number(source.Size),
            MailQuestion.JunkScore => answer.Number(source.JunkScore),
            MailQuestion.IsAuthentic => answer.Flag(source.IsAuthentic),
            MailQuestion.Parts => answer.List(source.Parts, (frame, part) => frame.Text(part.MediaType).Text(part.FileName)),
            _ => throw new FrameException($"an unknown question, {question}"),
        };
    }
}

/// <summary>The worker's side: a mail that is in the server.</summary>
internal sealed class RemoteSource(Func<MailQuestion, string, FrameReader> ask) : IMailSource
{
    private IReadOnlyList<MailPart>? _parts;

    public DateTimeOffset Date => ask(MailQuestion.Date, "").Date();

    public long Size => ask(MailQuestion.Size, "").Number();

    public double JunkScore => ask(MailQuestion.JunkScore, "").Real();

    public bool IsAuthentic => ask(MailQuestion.IsAuthentic, "").Flag();

    public IReadOnlyList<MailPart> Parts => _parts ??= ask(MailQuestion.Parts, "").List(frame => new MailPart(frame.Text(), frame.Text()));

    public IReadOnlyList<string> Fields(string name) => ask(MailQuestion.Fields, name).List(frame => frame.Text());

    public IReadOnlyList<Correspondent> Addresses(string name) =>
        ask(MailQuestion.Addresses, name).List(frame => new Correspondent { Name = frame.Text(), LocalPart = frame.Text(), Domain = frame.Text() });
}
