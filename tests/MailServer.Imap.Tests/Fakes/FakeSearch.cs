using System.Text;

namespace MailServer.Imap.Tests;

/// <summary>Enough of SEARCH to see that keys arrive.</summary>
internal static class FakeSearch
{
    public static bool Matches(IFolderView view, FakeMessage message, int sequence, SearchKey key) => key switch
    {
        SearchKey.All => true,
        SearchKey.And and => and.Keys.All(one => Matches(view, message, sequence, one)),
        SearchKey.Or or => Matches(view, message, sequence, or.Left) || Matches(view, message, sequence, or.Right),
        SearchKey.Not not => !Matches(view, message, sequence, not.Key),
        SearchKey.Flag flag => (message.Flags.System & flag.Value) != 0,
        SearchKey.Keyword keyword => message.Flags.Keywords.Contains(keyword.Name, StringComparer.OrdinalIgnoreCase),
        SearchKey.Recent => view.IsRecent(sequence),
        SearchKey.Sequences set => InSet(set.Ranges, (uint)sequence, (uint)view.Count),
        SearchKey.Uids set => InSet(set.Ranges, message.Uid, view.UidAt(view.Count)),
        SearchKey.ModSeq modSeq => message.ModSeq >= modSeq.Value,
        SearchKey.Younger younger => message.Date >= younger.Since,
        SearchKey.Larger larger => message.Octets.Length > larger.Octets,
        SearchKey.Smaller smaller => message.Octets.Length < smaller.Octets,
        SearchKey.Received date => Compare(date.Comparison, DateOnly.FromDateTime(message.Date.DateTime), date.Date),
        SearchKey.Header header => Text(message).Split("\r\n\r\n")[0].Split("\r\n").Any(line =>
            line.StartsWith(header.Name + ":", StringComparison.OrdinalIgnoreCase) && line.Contains(header.Value, StringComparison.OrdinalIgnoreCase)),
        SearchKey.Body body => string.Join("\r\n\r\n", Text(message).Split("\r\n\r\n").Skip(1)).Contains(body.Value, StringComparison.OrdinalIgnoreCase),
        SearchKey.Text text => Text(message).Contains(text.Value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static string Text(FakeMessage message) => Encoding.UTF8.GetString(message.Octets);

    private static bool InSet(IReadOnlyList<NumberRange> ranges, uint number, uint greatest) => ranges.Any(range =>
    {
        var (a, b) = (Math.Min(range.First, greatest), Math.Min(range.Last, greatest));
        return number >= Math.Min(a, b) && number <= Math.Max(a, b);
    });

    private static bool Compare(DateComparison comparison, DateOnly mine, DateOnly asked) => comparison switch
    {
        DateComparison.Before => mine < asked,
        DateComparison.On => mine == asked,
        _ => mine >= asked,
    };
}
