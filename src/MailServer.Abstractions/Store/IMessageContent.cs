using System.IO.Pipelines;

namespace MailServer;

/// <summary>A stored message's bytes as protocols send them: every line ended by CRLF, whatever the file holds.</summary>
public interface IMessageContent : IAsyncDisposable
{
    /// <summary>Octets in all; <see cref="CopyToAsync"/> never gives more or fewer.</summary>
    long Size { get; }

    /// <summary>Writes a range, flushing as it goes. No more than a buffer is held in memory.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="offset">The first octet.</param>
    /// <param name="length">How many; the range lies within <see cref="Size"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The file could not be read to the end: the session must end, since its peer counts on the octets announced.</exception>
    ValueTask CopyToAsync(PipeWriter destination, long offset, long length, CancellationToken cancellationToken);

    /// <summary>Opens the whole as a forward-only stream.</summary>
    Stream OpenRead();
}

/// <summary>A message that is being added. Disposing it without <see cref="CommitAsync"/> leaves no trace.</summary>
public interface IMessageDraft : IAsyncDisposable
{
    /// <summary>Takes the bytes with CRLF line ends. A failing disk does not throw here: <see cref="CommitAsync"/> says it.</summary>
    PipeWriter Body { get; }

    /// <summary>Stores the message; durable when it returns a value.</summary>
    ValueTask<Outcome<AppendResult>> CommitAsync(CancellationToken cancellationToken);
}

/// <summary>What APPENDUID says (RFC 4315 §3).</summary>
public sealed record AppendResult
{
    /// <summary>The folder's UIDVALIDITY.</summary>
    public required uint UidValidity { get; init; }

    /// <summary>The new message's UID.</summary>
    public required uint Uid { get; init; }
}
