using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Stands in the place of a message whose file cannot be read: a small message that says which file, and why. The file stays as it is,
/// and is neither removed nor copied; when it can be read it is a message of its own, with a UID of its own, since what clients have
/// under a UID must never change (RFC 9051 §2.3.1.1).
/// </summary>
internal sealed class UnreadableNote
{
    /// <summary>The key of a line in the UID list that says that its UID was this note's. Dovecot keeps keys that it does not know.</summary>
    public const char Key = 'U';

    private UnreadableNote(byte[] octets, DateTime date) => (Octets, DateTicks) = (octets, date.Ticks);

    /// <summary>The note with CRLF line ends.</summary>
    public byte[] Octets { get; }

    /// <summary>When the file was last changed.</summary>
    public long DateTicks { get; }

    /// <summary>Why a file cannot be read, or null when it can, as far as can be told without reading it. Null, too, when nothing is there.</summary>
    public static string? ReasonFor(string path)
    {
        try
        {
            if (FileFacts.Of(path) is { } facts)
                return facts.Kind switch
                {
                    FileKind.Regular => RegularFile.MayRead(path) ? null : "the server may not read it: the file's owner or mode is not the server's",
                    FileKind.Directory => "it is a directory, not a file",
                    _ => "it is a pipe, socket or device, not a file",
                };

            // Anything else that is there now came between the two calls.
            return FileFacts.Of(path, followsLink: false) is { Kind: FileKind.Link } ? "it is a symbolic link to something that is not there" : null;
        }
        catch (PosixException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>Writes the note.</summary>
    /// <param name="file">The file's name within its folder, as <c>cur/NAME</c>.</param>
    /// <param name="reason">Why it cannot be read.</param>
    /// <param name="hostname">The server's name.</param>
    /// <param name="date">When the file was last changed.</param>
    public static UnreadableNote Write(string file, string reason, string hostname, DateTime date)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Date: {date:ddd, dd MMM yyyy HH':'mm':'ss} +0000\r\n")
            .Append("From: \"Mail server\" <mailer-daemon@").Append(UniqueNames.EscapeHost(hostname)).Append(">\r\n")
            .Append("Subject: A message here cannot be read\r\n")
            .Append("Auto-Submitted: auto-generated\r\n")
            .Append("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
            .Append("In this place is a file that the mail server cannot read:\r\n\r\n    ")
            .Append(file).Append("\r\n\r\nThe reason: ").Append(reason).Append(".\r\n\r\n")
            .Append("The file is where it was, and stays there: this note can be neither deleted nor moved.\r\n")
            .Append("Whoever runs the server can tell more with \"mailserver store verify\". When the file can\r\n")
            .Append("be read again, its message is shown as a new one, and this note is gone.\r\n");
        return new(Encoding.UTF8.GetBytes(text.ToString()), date);
    }

    /// <summary>The note as a message.</summary>
    public IMessageContent Open() => new Content(Octets);

    /// <summary>The note as a file would be read.</summary>
    public Stream OpenRead() => new MemoryStream(Octets, writable: false);

    private sealed class Content(byte[] octets) : IMessageContent
    {
        public long Size => octets.Length;

        public async ValueTask CopyToAsync(PipeWriter destination, long offset, long length, CancellationToken cancellationToken)
        {
            destination.Write(octets.AsSpan((int)offset, (int)length));
            await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        public Stream OpenRead() => new MemoryStream(octets, writable: false);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
