using System.Globalization;
using MailServer.Pipeline;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary>Prints a message's story on one screen.</summary>
internal static class ExplainText
{
    /// <summary>What an answer is cut to: a line.</summary>
    private const int MaxValue = 70;

    /// <summary>How far above the line that decided its condition is looked for.</summary>
    private const int MaxAbove = 12;

    /// <summary>Lines of what happened later; the journal has all.</summary>
    private const int MaxLater = 12;

    public static async Task PrintAsync(Explanation message)
    {
        var arrivals = message.Story.Where(entry => entry.Delivery is not null).ToList();
        await SayAsync("message", $"{arrivals.FirstOrDefault()?.Delivery?.MessageId ?? message.Story.Select(entry => entry.MessageId).FirstOrDefault(id => id is not null) ?? "without a Message-ID"} of {message.Account}").ConfigureAwait(false);
        if (message.Now.Count == 0 && message.Story.Any(entry => entry.Event != JournalEvents.Queued))
            await SayAsync("now", "it is not there any more").ConfigureAwait(false);
        foreach (var place in message.Now)
        {
            await SayAsync("now", string.Create(CultureInfo.InvariantCulture, $"in {place.Folder}, UID {place.Uid}, {(place.Flags.Length > 0 ? place.Flags : "no flags")}")).ConfigureAwait(false);
            await StoreText.WriteAsync($"          {place.Path}", "          ").ConfigureAwait(false);
        }

        foreach (var mail in message.Queued)
            foreach (var recipient in mail.To)
                await SayAsync("queue", string.Create(CultureInfo.InvariantCulture, $"{mail.Id} for <{recipient.Address}>: {StateOf(recipient, mail)}")).ConfigureAwait(false);
        if (message.Queued.Count == 0 && message.Story.Any(entry => entry.Event == JournalEvents.Queued))
            await SayAsync("queue", "it has left: the log says to whom, or a notice came back").ConfigureAwait(false);
        foreach (var arrival in arrivals)
            await PrintArrivalAsync(arrival, message).ConfigureAwait(false);
        if (arrivals.Count == 0)
            await SayAsync("came", "the journal does not tell: it came before there was one, or by another program").ConfigureAwait(false);
        if (message.Rules is { } rules)
            await PrintRulesAsync(rules, message.Account).ConfigureAwait(false);
        await PrintLaterAsync([.. message.Story.Where(entry => entry.Delivery is null)], message.Account).ConfigureAwait(false);
    }

    private static string StateOf(QueuedRecipient recipient, QueuedMail mail) => recipient.State switch
    {
        QueuedState.Sent => $"taken by {recipient.Server ?? "the next server"}",
        QueuedState.Waiting => string.Create(CultureInfo.InvariantCulture, $"waits, tried {mail.Tries}x{(mail.IsHeld ? ", held" : "")}{(recipient.Reason is { } reason ? $": {reason}" : "")}"),
        _ => $"given up: {recipient.Reason}",
    };

    private static async Task PrintArrivalAsync(JournalEntry entry, Explanation message)
    {
        var delivery = entry.Delivery!;
        await SayAsync("came", $"{Time(entry)} {entry.Event}{(entry.Folder is { } folder ? $" into {folder}" : "")}{(entry.Flags is { } flags ? $" with {flags}" : "")}").ConfigureAwait(false);
        await SayAsync("", string.Create(CultureInfo.InvariantCulture, $"<{delivery.Sender}> to <{delivery.Recipient}>, {delivery.Size:N0} octets, our name {delivery.Id}")).ConfigureAwait(false);
        await SayAsync("", $"{delivery.With} from {delivery.Helo} [{entry.Peer}], {delivery.Tls ?? "not encrypted"}{(delivery.User is { } user ? $", logged in as {user}" : "")}, connection {entry.Session}").ConfigureAwait(false);
        await SayAsync("filters", string.Create(CultureInfo.InvariantCulture, $"junk score {delivery.Score}{(delivery.Findings is null ? ", no findings" : "")}")).ConfigureAwait(false);
        foreach (var finding in delivery.Findings ?? [])
            await SayAsync("", finding).ConfigureAwait(false);
        if (delivery.Problem is { } problem)
            await SayAsync("refused", problem).ConfigureAwait(false);
        if (delivery.Steps is null)
            await SayAsync("rules", "none spoke: it was kept in INBOX").ConfigureAwait(false);
        foreach (var step in delivery.Steps ?? [])
            await PrintStepAsync(step, message.Rules, message.Account).ConfigureAwait(false);
    }

    private static async Task PrintStepAsync(JournalStep step, ExplainedRules? rules, string account)
    {
        var now = rules?.Scripts.FirstOrDefault(script => script.File == step.Rule && script.IsOwn == step.IsOwn);
        var isSame = step.Version is not null && now?.Version == step.Version;
        var version = step.Version is null ? "" : isSame ? "" : now is null ? $" (version {step.Version}; the script was not asked today)" : $" (version {step.Version}; today it is {now.Version})";
        await SayAsync("rule", $"{Place(step, account)} {step.Action}{version}").ConfigureAwait(false);
        if (!isSame || rules!.Sources.FirstOrDefault(source => source.File == step.Rule && source.IsOwn == step.IsOwn) is not { } text)
            return;
        foreach (var line in Around(text.Lines, step.Line))
            await SayAsync("", string.Create(CultureInfo.InvariantCulture, $"  {line,3}  {text.Lines[line - 1].TrimEnd()}")).ConfigureAwait(false);
    }

    /// <summary>The line, and above it the nearest that asks something.</summary>
    private static IEnumerable<int> Around(IReadOnlyList<string> lines, int line)
    {
        if (line < 1 || line > lines.Count)
            yield break;
        for (var above = line - 1; above >= Math.Max(1, line - MaxAbove) && !IsCondition(lines[line - 1]); above--)
            if (IsCondition(lines[above - 1]))
            {
                yield return above;
                break;
            }

        yield return line;
    }

    private static bool IsCondition(string line) =>
        line.TrimStart() is var text && (text.StartsWith("if ", StringComparison.Ordinal) || text.StartsWith("if(", StringComparison.Ordinal) || text.StartsWith("else if", StringComparison.Ordinal)
            || text.StartsWith("foreach", StringComparison.Ordinal) || text.StartsWith("case ", StringComparison.Ordinal));

    private static async Task PrintRulesAsync(ExplainedRules rules, string account)
    {
        foreach (var problem in rules.Problem?.Split('\n') ?? [])
            await SayAsync("today", $"not all scripts can be asked: {problem}").ConfigureAwait(false);
        if (rules.Today is null)
            return;
        foreach (var script in rules.Scripts)
            await SayAsync("asked", $"{Place(script.File, 0, script.IsOwn, account)}: {(script.Questions.Count == 0 ? "nothing" : string.Join("; ", script.Questions.Select(Told)))}").ConfigureAwait(false);
        await SayAsync("today", $"the scripts as they are now: {rules.Today}{(rules.TodayBy is { } by ? $", by {by}" : "")}").ConfigureAwait(false);
    }

    private static string Told(RuleQuestion question) =>
        $"{question.Name} is {(question.Value.Length > MaxValue ? string.Concat(question.Value.AsSpan(0, MaxValue - 1), "…") : question.Value)}";

    private static async Task PrintLaterAsync(List<JournalEntry> later, string account)
    {
        foreach (var entry in later.TakeLast(MaxLater))
        {
            var from = entry.From is { } before ? $" {before.Folder} ->" : "";
            var who = $"{entry.By}{(entry.Peer is { } peer ? $" [{peer}]" : "")}{(entry.Session is { } session ? $" ({session})" : "")}";
            var why = entry.Why is { } step ? $", for {Place(step, account)}" : "";
            await SayAsync("later", $"{Time(entry)} {entry.Event}{from} {entry.Folder}{(entry.Flags is { } flags ? $" [{flags}]" : "")} by {who}{why}").ConfigureAwait(false);
        }

        if (later.Count > MaxLater)
            await SayAsync("", string.Create(CultureInfo.InvariantCulture, $"and {later.Count - MaxLater} lines before; store journal has all")).ConfigureAwait(false);
    }

    private static Task SayAsync(string word, string text) => StoreText.WriteAsync(StoreText.Clean($"{word,-9} {text}"), "            ");

    private static string Time(JournalEntry entry) => entry.Time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Place(JournalStep step, string account) => Place(step.Rule, step.Line, step.IsOwn, account);

    /// <summary>A line of a script as undo knows it: <c>20-junk.csx:7</c>, or <c>alice@example.org/20-junk.csx:7</c> of an account's own.</summary>
    internal static string Place(string rule, int line, bool isOwn, string account) =>
        $"{(isOwn ? $"{account}/" : "")}{rule}{(line > 0 ? string.Create(CultureInfo.InvariantCulture, $":{line}") : "")}";
}
