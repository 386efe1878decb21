using System.Globalization;
using System.Text;
using MailServer.TestKit;

namespace MailServer.Imap.Tests.Scripted;

/// <summary>Sends a command, gathers what comes back.</summary>
internal sealed class ScriptedClient(TestConnection connection)
{
    private int _tag;

    /// <summary>The last command's tag.</summary>
    public string Tag => $"t{_tag}";

    /// <summary>The untagged replies, each with its sequence number as it was at the beginning, and the tagged one.</summary>
    public async Task<(List<(Reply.Group Reply, string? Number, string Text)> Replies, string Tagged)> SayAsync(string command)
    {
        var tag = $"t{++_tag}";
        await connection.SendAsync(Encoding.Latin1.GetBytes($"{tag} {command}\r\n"));
        var numbers = Enumerable.Range(1, 1_000).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToList();
        var replies = new List<(Reply.Group, string?, string)>();
        while (true)
        {
            var line = await ReadReplyAsync();
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                return (replies, line[(tag.Length + 1)..]);
            if (!line.StartsWith("* ", StringComparison.Ordinal))
                continue;
            var reply = Reply.Parse(line[2..]);
            string? number = null;
            if (reply.Items is [Reply.Word { Text: var first }, Reply.Word { Text: var name }, ..] && int.TryParse(first, CultureInfo.InvariantCulture, out var sequence) && sequence > 0)
            {
                number = numbers[sequence - 1];
                if (name == "EXPUNGE")
                    numbers.RemoveAt(sequence - 1);
            }

            replies.Add((reply, number, line));
        }
    }

    private async Task<string> ReadReplyAsync()
    {
        var line = await connection.ReadLineAsync() ?? throw new InvalidOperationException("the server hung up");
        while (line.EndsWith('}') && line.LastIndexOf('{') is var open and >= 0 && int.TryParse(line.AsSpan(open + 1, line.Length - open - 2), CultureInfo.InvariantCulture, out var size))
            line += "\r\n" + Encoding.Latin1.GetString(await connection.ReadAsync(size)) + await connection.ReadLineAsync();
        return line;
    }
}
