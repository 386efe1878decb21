using System.Buffers;

namespace MailServer.Storage;

/// <summary>A part of what is imported whose messages go into one folder.</summary>
internal abstract class MessageSource(string name, FolderName folder) : IDisposable
{
    /// <summary>What it is called in reports: its path below what is imported.</summary>
    public string Name { get; } = name;

    /// <summary>Where its messages go.</summary>
    public FolderName Folder { get; } = folder;

    /// <summary>Octets, for the progress alone.</summary>
    public abstract long Length { get; }

    /// <summary>Reads the next message; null when there is none.</summary>
    /// <param name="into">Gets its octets.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">No more can be read.</exception>
    public abstract SourceMessage? Read(IBufferWriter<byte> into, CancellationToken cancellationToken);

    public abstract void Dispose();
}

/// <summary>A message of a source.</summary>
internal sealed record SourceMessage
{
    /// <summary>What it is called in reports, and what the same message is called when the same source is imported again.</summary>
    public required string Origin { get; init; }

    /// <summary>How far its source has been read.</summary>
    public required long Position { get; init; }

    public MessageFlags Flags { get; init; }

    /// <summary>Its INTERNALDATE.</summary>
    public DateTimeOffset Date { get; init; }

    /// <summary>Why it is not taken; null when it is.</summary>
    public SkipReason? Skip { get; init; }
}

/// <summary>Why a message is not taken.</summary>
/// <param name="Text">Why, for people.</param>
/// <param name="IsFault">Whether it should have been.</param>
internal readonly record struct SkipReason(string Text, bool IsFault)
{
    public static SkipReason TooLarge { get; } = new("it is larger than 2 GiB", true);
}
