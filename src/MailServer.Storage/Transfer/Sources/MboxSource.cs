using System.Buffers;
using System.Globalization;

namespace MailServer.Storage;

/// <summary>The messages of an mbox.</summary>
internal sealed class MboxSource(string path, string name, FolderName folder) : MessageSource(name, folder)
{
    private MboxReader? _reader;
    private DateTimeOffset _fileDate;

    public override long Length { get; } = new FileInfo(path).Length;

    public override SourceMessage? Read(IBufferWriter<byte> into, CancellationToken cancellationToken)
    {
        if (_reader is null)
        {
            _reader = new(path);
            _fileDate = File.GetLastWriteTimeUtc(path);
        }

        return _reader.Read(into, cancellationToken) is not { } message ? null : new()
        {
            Origin = string.Create(CultureInfo.InvariantCulture, $"{Name}, octet {message.Position}"),
            Position = _reader.Position,
            Flags = message.Flags,
            Date = message.Date ?? _fileDate,
            Skip = message.Skip,
        };
    }

    public override void Dispose() => _reader?.Dispose();
}
