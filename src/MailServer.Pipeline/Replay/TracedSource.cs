using System.Globalization;
using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>Writes down what rules ask of a mail, and what they are told.</summary>
internal sealed class TracedSource(IMailSource source, IRecipientSource recipient) : IMailSource, IRecipientSource, INotes
{
    /// <summary>Questions told of: what a person reads.</summary>
    private const int MaxQuestions = 40;

    private readonly List<RuleQuestion> _questions = [];

    /// <summary>Each question once, in the order in which they were asked.</summary>
    public IReadOnlyList<RuleQuestion> Questions => _questions;

    public DateTimeOffset Date => Told("Date", source.Date, date => date.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture));

    public DateTimeOffset Received => Told("Received", source.Received, date => date.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture));

    public long Size => Told("Size", source.Size, size => size.ToString(CultureInfo.InvariantCulture));

    public double JunkScore => Told("JunkScore", source.JunkScore, score => score.ToString(CultureInfo.InvariantCulture));

    public IReadOnlyList<string> AuthenticationResults => Told("Authentication-Results (ours)", source.AuthenticationResults, List);

    public MailOrigin Origin => Told("Envelope", source.Origin, origin => $"<{origin.Sender}> by {origin.Helo} [{origin.ClientIp}] {origin.Tls} {origin.User}".TrimEnd());

    public IReadOnlyList<MailPart> Parts => Told("Parts", source.Parts, parts => List([.. parts.Select(part => part.FileName.Length > 0 ? $"{part.MediaType} {part.FileName}" : part.MediaType)]));

    public string Text => Told("Text", source.Text, text => $"\"{text}\"");

    public string Address => Told("Recipient", recipient.Address, address => address);

    public string Detail => Told("Detail", recipient.Detail, detail => $"\"{detail}\"");

    public string Account => Told("Account", recipient.Account, account => account);

    public IReadOnlyList<AccountFolder> Folders => Told("Folders", recipient.Folders, folders => List([.. folders.Select(folder => folder.Name)]));

    public INotes Notes => this;

    public IReadOnlyList<string> Fields(string name) => Told(name, source.Fields(name), List);

    public IReadOnlyList<Correspondent> Addresses(string name) => Told(name, source.Addresses(name), people => List([.. people.Select(person => person.Address)]));

    public string? Find(string key, DateTimeOffset now) => Told($"note {key}", recipient.Notes.Find(key, now), note => note ?? "none");

    public void Write(IReadOnlyList<NoteChange> changes)
    {
    }

    private T Told<T>(string name, T value, Func<T, string> show)
    {
        if (_questions.Count < MaxQuestions && !_questions.Exists(question => question.Name == name))
            _questions.Add(new(name, OneLine.Of(show(value))));
        return value;
    }

    private static string List(IReadOnlyList<string> values) => values.Count switch
    {
        0 => "not there",
        1 => $"\"{values[0]}\"",
        _ => string.Join(", ", values.Take(5).Select(value => $"\"{value}\"")) + (values.Count > 5 ? string.Create(CultureInfo.InvariantCulture, $" and {values.Count - 5} more") : ""),
    };
}

/// <summary>What a rule asked of a mail.</summary>
/// <param name="Name">The field, or the noun.</param>
/// <param name="Value">What it was told, on one line.</param>
public sealed record RuleQuestion(string Name, string Value);
