namespace MailServer.Rules;

/// <summary>What a worker may ask, one for each member of <see cref="IMailSource"/> and <see cref="IRecipientSource"/>.</summary>
internal enum MailQuestion : byte
{
    Fields = 1,
    Addresses,
    Date,
    Received,
    Size,
    JunkScore,
    AuthenticationResults,
    Origin,
    Parts,
    Text,
    Recipient,
    Folders,
    Note,
}

/// <summary>The server's side: answers a question from the mail at hand.</summary>
internal static class MailAnswers
{
    /// <summary>Characters of a field's name that is asked for: RFC 5322 §2.1.1 has no longer lines.</summary>
    private const int MaxName = 998;

    public static void Write(FrameWriter answer, IMailSource source, IRecipientSource recipient, MailQuestion question, string name)
    {
        if (name.Length > MaxName)
            throw new FrameException("a name without end");
        answer.Begin(FrameKind.Answer);
        _ = question switch
        {
            MailQuestion.Fields => answer.List(source.Fields(name), (frame, value) => frame.Text(value)),
            MailQuestion.Addresses => answer.List(source.Addresses(name), (frame, person) => frame.Text(person.Name).Text(person.LocalPart).Text(person.Domain)),
            MailQuestion.Date => answer.Date(source.Date),
            MailQuestion.Received => answer.Date(source.Received),
            MailQuestion.Size => answer.Number(source.Size),
            MailQuestion.JunkScore => answer.Number(source.JunkScore),
            MailQuestion.AuthenticationResults => answer.List(source.AuthenticationResults, (frame, value) => frame.Text(value)),
            MailQuestion.Origin => source.Origin is var origin ? answer.Text(origin.Sender).Text(origin.Helo).Text(origin.ClientIp).Text(origin.Tls).Text(origin.User) : answer,
            MailQuestion.Parts => answer.List(source.Parts, (frame, part) => frame.Text(part.MediaType).Text(part.FileName).Number(part.Size).Flag(part.IsAttachment)),
            MailQuestion.Text => answer.Text(source.Text),
            MailQuestion.Recipient => answer.Text(recipient.Address).Text(recipient.Detail).Text(recipient.Account),
            MailQuestion.Folders => answer.List(recipient.Folders, (frame, folder) => frame.Text(folder.Name).Text(folder.SpecialUse)),
            MailQuestion.Note => answer.Text(recipient.Notes.Find(name, source.Received)),
            _ => throw new FrameException($"an unknown question, {question}"),
        };
    }
}
