using System.Buffers;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>Writes answers. They leave when the session waits for its client, or when enough has gathered.</summary>
internal sealed class ImapOutput(IMailConnection connection, SessionClock clock, TimeSpan patience)
{
    // A TLS record's worth: less costs more system calls, more costs memory for a client that reads slowly.
    private const int Enough = 16_384;

    /// <summary>For the elements of a response; commit it before the next wait.</summary>
    public ResponseWriter Begin() => new(connection.Transport.Output);

    /// <summary>The pipe itself, for literals.</summary>
    public System.IO.Pipelines.PipeWriter Pipe => connection.Transport.Output;

    /// <summary>An untagged response: <c>* TEXT</c>.</summary>
    public void Untagged(string text) => Line("* ", text);

    /// <summary>An untagged response that begins with a number: <c>* 5 EXISTS</c>.</summary>
    public void Untagged(int number, ReadOnlySpan<byte> name)
    {
        var writer = Begin();
        writer.Raw("* "u8);
        writer.Number(number);
        writer.Raw(' ');
        writer.Raw(name);
        writer.EndLine();
        writer.Commit();
    }

    /// <summary><c>sequence-set</c>, in pieces that leave as they gather: it may name every other message of a large folder.</summary>
    public async ValueTask WriteRangesAsync(IReadOnlyList<SequenceRange> ranges)
    {
        const int Piece = 1_000;
        for (var start = 0; start < ranges.Count; start += Piece)
        {
            WriteRanges(ranges, start, Math.Min(start + Piece, ranges.Count));
            await FlushIfEnoughAsync().ConfigureAwait(false);
        }
    }

    private void WriteRanges(IReadOnlyList<SequenceRange> ranges, int start, int end)
    {
        var writer = Begin();
        for (var i = start; i < end; i++)
        {
            if (i > 0)
                writer.Raw(',');
            writer.Number(ranges[i].First);
            if (ranges[i].Last == ranges[i].First)
                continue;
            writer.Raw(':');
            writer.Number(ranges[i].Last);
        }

        writer.Commit();
    }

    /// <summary>The go-ahead for a literal or a SASL response.</summary>
    public void Continue(string text) => Line("+ ", text);

    /// <summary>The tagged answer; untagged when the request had no tag.</summary>
    public void Tagged(string tag, Completion completion)
    {
        var writer = Begin();
        if (tag.Length == 0)
            writer.Raw('*');
        else
            writer.Ascii(tag);
        writer.Raw(completion.Status switch
        {
            CompletionStatus.Ok => " OK "u8,
            CompletionStatus.No => " NO "u8,
            _ => " BAD "u8,
        });
        if (completion.Code is { } code)
        {
            writer.Raw('[');
            writer.Ascii(code);
            writer.Raw("] "u8);
        }

        writer.Ascii(completion.Text);
        writer.EndLine();
        writer.Commit();
    }

    public ValueTask FlushIfEnoughAsync()
    {
        var pipe = connection.Transport.Output;
        return pipe.CanGetUnflushedBytes && pipe.UnflushedBytes < Enough ? default : FlushAsync();
    }

    /// <exception cref="IOException">The client has gone.</exception>
    public async ValueTask FlushAsync()
    {
        clock.Restart(patience);
        var flushed = await connection.Transport.Output.FlushAsync(clock.Token).ConfigureAwait(false);
        clock.Restart(Timeout.InfiniteTimeSpan);
        if (flushed.IsCompleted)
            throw new IOException("the client has gone");
    }

    private void Line(string start, string text)
    {
        // What we say holds no text of the client's but tags: US-ASCII all of it.
        var pipe = connection.Transport.Output;
        Encoding.ASCII.GetBytes(start, pipe);
        Encoding.ASCII.GetBytes(text, pipe);
        pipe.Write("\r\n"u8);
    }
}
