using System.Buffers;

namespace MailServer.Storage;

/// <summary>Messages that are a file each. One that cannot be read is named, and the others come.</summary>
internal abstract class FileSource(string name, FolderName folder) : MessageSource(name, folder)
{
    private int _next;
    private long _position;

    public override long Length => Files.Sum(LengthOf);

    /// <summary>The files, in the order in which they came.</summary>
    protected abstract IReadOnlyList<FileInfo> Files { get; }

    public override SourceMessage? Read(IBufferWriter<byte> into, CancellationToken cancellationToken)
    {
        if (_next == Files.Count)
            return null;
        var file = Files[_next++];
        _position += LengthOf(file);
        var message = new SourceMessage { Origin = Path.Combine(Name, file.Name), Position = _position };
        if (LengthOf(file) > MessageOutput.MaxLength)
            return message with { Skip = SkipReason.TooLarge };
        try
        {
            return Describe(message, file, Copy(file, into, cancellationToken));
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return message with { Skip = new($"it cannot be read: {failure.Message}", true) };
        }
    }

    public override void Dispose()
    {
    }

    /// <summary>Adds flags and date.</summary>
    protected abstract SourceMessage Describe(SourceMessage message, FileInfo file, ReadOnlySpan<byte> head);

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return 0; // gone meanwhile: reading it says so
        }
    }

    /// <summary>Copies the file; gives its first octets.</summary>
    private static ReadOnlySpan<byte> Copy(FileInfo file, IBufferWriter<byte> into, CancellationToken cancellationToken)
    {
        using var window = new FileWindow(file.FullName);
        byte[]? head = null;
        while (window.Ahead(FileWindow.Size) is { Length: > 0 } piece)
        {
            cancellationToken.ThrowIfCancellationRequested();
            head ??= piece[..Math.Min(piece.Length, FileWindow.Size)].ToArray();
            into.Write(piece);
            window.Advance(piece.Length);
        }

        return head;
    }
}
