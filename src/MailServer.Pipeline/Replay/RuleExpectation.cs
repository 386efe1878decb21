using System.Globalization;
using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>
/// What a test gives and asks, read from its <c>NAME.expect</c>: a line each, <c>word: value</c>; <c>#</c> begins a remark. The message beside
/// it, <c>NAME.eml</c>, stays as it was saved.
/// </summary>
internal sealed class RuleExpectation
{
    /// <summary>Octets of the file: far beyond a hundred lines of a few words.</summary>
    public const int MaxSize = 64 * 1024;

    private readonly List<RuleDiagnostic> _errors = [];
    private readonly string _file;
    private int _line;

    private RuleExpectation(string file) => _file = file;

    /// <summary>What cannot be understood.</summary>
    public IReadOnlyList<RuleDiagnostic> Errors => _errors;

    // What is given.
    public string? Recipient { get; private set; }

    public string? Detail { get; private set; }

    public string? Sender { get; private set; }

    public double Score { get; private set; }

    public bool IsAuthentic { get; private set; }

    public List<(string Name, string Value)> Findings { get; } = [];

    public DateTimeOffset? Now { get; private set; }

    public IReadOnlyList<AccountFolder> Folders { get; private set; } = [];

    // What is asked, each with its line.
    public (FolderName Folder, int Line)? Folder { get; private set; }

    public (IReadOnlyList<FolderName> Folders, int Line)? Copies { get; private set; }

    public (IReadOnlyList<string> Flags, int Line)? Flags { get; private set; }

    public int? DiscardedLine { get; private set; }

    public (IReadOnlyList<EmailAddress> Addresses, int Line)? Redirected { get; private set; }

    public (IReadOnlyList<EmailAddress> Addresses, int Line)? Notified { get; private set; }

    public (bool IsAsked, int Line)? Answered { get; private set; }

    public int? RejectedLine { get; private set; }

    public (string File, int? ScriptLine, int Line)? By { get; private set; }

    /// <summary>Reads a file's text.</summary>
    /// <param name="octets">The file, in UTF-8.</param>
    /// <param name="shown">What it is called in messages.</param>
    public static RuleExpectation Read(byte[] octets, string shown)
    {
        var expectation = new RuleExpectation(shown);
        using var lines = new StreamReader(new MemoryStream(octets, writable: false));
        while (lines.ReadLine() is { } line)
            expectation.Take(line.Trim());
        if (expectation._errors.Count == 0 && expectation is { Folder: null, Copies: null, Flags: null, DiscardedLine: null, RejectedLine: null, Redirected: null, Notified: null, Answered: null, By: null })
            expectation.Error("asks nothing: folder:, copies:, flags:, by:, redirected:, notified:, answered:, discarded or rejected is expected");
        return expectation;
    }

    private void Take(string line)
    {
        _line++;
        if (line.Length == 0 || line[0] == '#')
            return;
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var (word, value) = colon < 0 ? (line, "") : (line[..colon].TrimEnd(), line[(colon + 1)..].Trim());
        switch (word)
        {
            case "recipient" when value.Length > 0: TakeRecipient(value); break;
            case "detail": Detail = value; break;
            case "sender": Sender = value.Trim('<', '>'); break;
            case "score" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var score) && double.IsFinite(score): Score = score; break;
            case "score": Error($"\"{value}\" is no number"); break;
            case "authentic" when value is "yes" or "no": IsAuthentic = value == "yes"; break;
            case "authentic": Error("yes or no is expected"); break;
            case "finding" when value.IndexOf(':', StringComparison.Ordinal) is > 0 and var at: TakeFinding(value[..at].TrimEnd(), value[(at + 1)..].Trim()); break;
            case "finding": Error("a field is expected, as finding: X-Spam: yes"); break;
            case "now" when DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var now): Now = now; break;
            case "now": Error($"\"{value}\" is no time; as 2026-11-24T10:00:00Z"); break;
            case "folders": Folders = [.. Words(value, ',').Select(AccountFolderOf)]; break;
            case "folder": Folder = FolderOf(value) is { } folder ? (folder, _line) : Folder; break;
            case "copies": Copies = ([.. Words(value, ',').Select(FolderOf).OfType<FolderName>()], _line); break;
            case "flags": Flags = (value is "none" ? [] : [.. Words(value, ' ')], _line); break;
            case "by" when value.Length > 0: TakeBy(value); break;
            case "redirected": Redirected = (AddressesOf(value), _line); break;
            case "notified": Notified = (AddressesOf(value), _line); break;
            case "answered" when value is "yes" or "no": Answered = (value == "yes", _line); break;
            case "answered": Error("yes or no is expected"); break;
            case "discarded" when value.Length == 0: DiscardedLine = _line; break;
            case "rejected" when value.Length == 0: RejectedLine = _line; break;
            default: Error($"\"{word}\" is not known here, or has no value; there are recipient detail sender score authentic finding folders now, and folder copies flags by redirected notified answered discarded rejected"); break;
        }
    }

    private void TakeRecipient(string value)
    {
        if (!EmailAddress.TryParse(value.Trim('<', '>'), out var address))
        {
            Error($"\"{value}\" is no address");
            return;
        }

        Recipient = address.ToString();
        Detail ??= address.LocalPart.IndexOf('+', StringComparison.Ordinal) is >= 0 and var plus ? address.LocalPart[(plus + 1)..] : null;
    }

    private List<EmailAddress> AddressesOf(string value)
    {
        List<EmailAddress> addresses = [];
        foreach (var word in value is "none" ? [] : Words(value, ','))
            if (EmailAddress.TryParse(word.Trim('<', '>'), out var address))
                addresses.Add(address);
            else
                Error($"\"{word}\" is no address");
        return addresses;
    }

    private void TakeFinding(string name, string value)
    {
        try
        {
            FieldWriter.Check(name, value);
            Findings.Add((name, value));
        }
        catch (ArgumentException e)
        {
            Error(e.Message);
        }
    }

    private void TakeBy(string value)
    {
        var colon = value.LastIndexOf(':');
        if (colon > 0 && int.TryParse(value.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var line))
            By = (value[..colon], line, _line);
        else
            By = (value, null, _line);
    }

    // As "Archive \Archive": the name, and its special use (RFC 6154 §2).
    private static AccountFolder AccountFolderOf(string text) =>
        text.LastIndexOf(" \\", StringComparison.Ordinal) is > 0 and var at ? new(text[..at].TrimEnd(), text[(at + 1)..]) : new(text);

    private FolderName? FolderOf(string text)
    {
        if (FolderName.TryParse(text, out var folder))
            return folder;
        Error($"\"{text}\" is no folder's name");
        return null;
    }

    private static string[] Words(string text, char between) => text.Split(between, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private void Error(string message) =>
        _errors.Add(new() { File = _file, Line = _line, Column = 1, Id = "", IsError = true, Message = message });
}
