using System.Text;

namespace MailServer.Pipeline;

/// <summary>
/// Rules may refuse a message as long as it is not accepted (RFC 5429 §2.1). The peer gets one answer for all recipients (RFC 5321 §4.2.5), so
/// it is refused when all refuse it; where others take it, those who do not keep it in INBOX, since nothing is ever sent back.
/// </summary>
internal static class Refusals
{
    /// <summary>RFC 5429 §2.1.1: a text that the reply cannot hold is replaced by one that it can.</summary>
    private const string Otherwise = "The recipient does not take this message";

    /// <summary>The answer when all refuse; null when somebody takes it.</summary>
    public static Problem? OfAll(IReadOnlyList<Delivery> deliveries)
    {
        foreach (var delivery in deliveries)
            if (!IsRefused(delivery))
                return null;
        var text = deliveries[0].Refusal!.ReplaceLineEndings(" ").Trim();
        return OneLine.Of(new Problem(new(5, 7, 1), text.Length > 0 && Ascii.IsValid(text) ? text : Otherwise) { Reason = ProblemReason.NoPermission }, isFinal: true);
    }

    /// <summary>What becomes of each where somebody takes it.</summary>
    public static IReadOnlyList<Delivery> Keep(IReadOnlyList<Delivery> deliveries) =>
        deliveries.Any(delivery => delivery.Refusal is not null) ? [.. deliveries.Select(Keep)] : deliveries;

    private static Delivery Keep(Delivery delivery) => !IsRefused(delivery) ? delivery : delivery with
    {
        Folder = FolderName.Inbox,
        Refusal = null,
        Steps = [.. delivery.Steps, new() { Rule = delivery.Steps is [.., var last] ? last.Rule : "delivery", Action = "other recipients take it, so it is not refused but kept in INBOX" }],
    };

    private static bool IsRefused(Delivery delivery) => delivery is { Refusal: not null, Folder: null, Copies.Count: 0, Redirects.Count: 0 };
}
