using System.IO.Pipelines;

namespace MailServer.Pipeline;

/// <summary>A sample message in memory, as a test has it.</summary>
internal sealed class SampleSpool : ISpool
{
    private readonly byte[] _octets;

    /// <summary>Takes a file's octets, which are changed: line ends become LF, as in a Maildir.</summary>
    public SampleSpool(byte[] octets)
    {
        var count = 0;
        for (var i = 0; i < octets.Length; i++)
            if (octets[i] != '\r' || i + 1 == octets.Length || octets[i + 1] != '\n')
                octets[count++] = octets[i];
        _octets = octets[..count];
        Size = count + _octets.AsSpan().Count((byte)'\n');
    }

    public PipeWriter Writer => throw new NotSupportedException("a sample does not change");

    public long Size { get; }

    public bool IsSealed => false;

    public void LinkTo(string path) => throw new NotSupportedException("it is not sent");

    public ValueTask<Problem?> SealAsync(ReadOnlyMemory<byte> topFields, CancellationToken cancellationToken) => throw new NotSupportedException("a sample does not change");

    public Stream OpenRead() => new MemoryStream(_octets, writable: false);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
