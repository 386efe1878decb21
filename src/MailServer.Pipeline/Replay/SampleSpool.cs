using System.IO.Pipelines;

namespace MailServer.Pipeline;

/// <summary>A sample message in memory, as a test has it.</summary>
internal sealed class SampleSpool : ISpool
{
    /// <summary>Octets of a sample: more than a mail with a few photographs has, little enough to hold some at once.</summary>
    public const int MaxSize = 16 * 1024 * 1024;

    private readonly byte[] _octets;

    /// <summary>Reads a file; line ends become LF, as in a Maildir.</summary>
    /// <exception cref="IOException">It cannot be read, or is too large.</exception>
    public SampleSpool(string path)
    {
        if (new FileInfo(path).Length > MaxSize)
            throw new IOException($"larger than {MaxSize / 1024 / 1024} MiB");
        var octets = File.ReadAllBytes(path);
        var count = 0;
        for (var i = 0; i < octets.Length; i++)
            if (octets[i] != '\r' || i + 1 == octets.Length || octets[i + 1] != '\n')
                octets[count++] = octets[i];
        _octets = octets[..count];
        Size = count + _octets.AsSpan().Count((byte)'\n');
    }

    public PipeWriter Writer => throw new NotSupportedException("a sample does not change");

    public long Size { get; }

    public ValueTask<Problem?> SealAsync(ReadOnlyMemory<byte> topFields, CancellationToken cancellationToken) => throw new NotSupportedException("a sample does not change");

    public Stream OpenRead() => new MemoryStream(_octets, writable: false);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
