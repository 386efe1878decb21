using System.Buffers;
using System.IO.Pipelines;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>What happened at the client's end.</summary>
internal enum InputEvent
{
    /// <summary>A whole request or line: <see cref="ImapInput.Reader"/> has it.</summary>
    Request,
    /// <summary>A literal waits for its <c>+</c>.</summary>
    Continue,
    /// <summary>APPEND's message comes.</summary>
    Message,
    /// <summary>A request was refused and is consumed.</summary>
    Refused,
    /// <summary>Too much to throw away.</summary>
    Hopeless,
    /// <summary>The client has gone.</summary>
    Closed,
    /// <summary>The host asks to hand over or to end, and no request is half read.</summary>
    Drain,
    /// <summary>The watched folder has changed.</summary>
    Changed,
    /// <summary>The client was silent for too long.</summary>
    TimedOut,
}

/// <summary>
/// Reads the connection: one pending read at a time, which the host wakes by <see cref="PipeReader.CancelPendingRead"/>. What was written
/// is flushed only before a wait, so that the answers to pipelined commands leave together.
/// </summary>
internal sealed class ImapInput(IMailConnection connection, SessionClock clock)
{
    public RequestReader Reader { get; } = new();

    /// <summary>How long the client may be silent.</summary>
    public TimeSpan Patience { get; set; }

    /// <summary>Reads on until something has happened.</summary>
    /// <param name="watched">The folder whose changes are something.</param>
    /// <param name="mayDrain">Whether the host's asking is something now.</param>
    public async ValueTask<InputEvent> NextAsync(IFolderView? watched, bool mayDrain)
    {
        try
        {
            while (true)
            {
                // Before the wait, not only after a wake: the wake may have gone to a read that brought a request.
                if (mayDrain && connection.IsDraining && !Reader.IsWithinRequest)
                    return InputEvent.Drain;
                if (watched is { HasChanges: true })
                    return InputEvent.Changed;

                var read = await ReadAsync().ConfigureAwait(false);
                var rest = read.Buffer;
                var found = Feed(ref rest);
                connection.Transport.Input.AdvanceTo(rest.Start);
                if (found != RequestEvent.NeedMore)
                    return EventOf(found);
                if (read.IsCompleted)
                    return InputEvent.Closed;
            }
        }
        catch (OperationCanceledException) when (clock.IsOver)
        {
            return InputEvent.TimedOut;
        }
    }

    /// <summary>Whether the client has sent more than what has been read.</summary>
    public bool HasMore()
    {
        if (!connection.Transport.Input.TryRead(out var read))
            return false;
        connection.Transport.Input.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }

    /// <summary>Takes octets that another generation's reader had begun.</summary>
    public void Resume(ReadOnlySpan<byte> begun) => Reader.Read(begun, out _);

    /// <summary>Copies a literal's octets straight through; no more than what the pipe holds is in memory.</summary>
    /// <exception cref="IOException">The client went away within the literal.</exception>
    public async ValueTask CopyLiteralAsync(long size, PipeWriter destination)
    {
        while (size > 0)
        {
            var read = await ReadAsync().ConfigureAwait(false);
            var part = read.Buffer.Slice(0, Math.Min(size, read.Buffer.Length));
            foreach (var segment in part)
                destination.Write(segment.Span);
            size -= part.Length;
            connection.Transport.Input.AdvanceTo(part.End);
            await destination.FlushAsync(clock.Token).ConfigureAwait(false);
            if (size > 0 && read.IsCompleted && part.Length == read.Buffer.Length)
                throw new IOException("the client went away within a literal");
        }
    }

    private RequestEvent Feed(ref ReadOnlySequence<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            var found = Reader.Read(rest.FirstSpan, out var consumed);
            rest = rest.Slice(consumed);
            if (found != RequestEvent.NeedMore)
                return found;
        }

        return RequestEvent.NeedMore;
    }

    private async ValueTask<ReadResult> ReadAsync()
    {
        if (connection.Transport.Input.TryRead(out var read))
            return read;
        clock.Restart(Patience);
        await connection.Transport.Output.FlushAsync(clock.Token).ConfigureAwait(false);
        read = await connection.Transport.Input.ReadAsync(clock.Token).ConfigureAwait(false);

        // Our own work is not the client's silence.
        clock.Restart(Timeout.InfiniteTimeSpan);
        return read;
    }

    private static InputEvent EventOf(RequestEvent found) => found switch
    {
        RequestEvent.Continue => InputEvent.Continue,
        RequestEvent.Message => InputEvent.Message,
        RequestEvent.Request => InputEvent.Request,
        RequestEvent.Refused => InputEvent.Refused,
        _ => InputEvent.Hopeless,
    };
}
