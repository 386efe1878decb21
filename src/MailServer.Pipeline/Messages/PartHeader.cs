using MimeKit;
using MimeKit.Utils;

namespace MailServer.Pipeline;

/// <summary>What the header of a part says about it.</summary>
internal record struct PartHeader
{
    private string? _fileName;
    private ContentEncoding _encoding;

    public readonly ContentEncoding Encoding => _encoding;

    public bool IsAttachment { get; private set; }

    public void Read(Header header)
    {
        if (header.Id == HeaderId.ContentTransferEncoding)
            _ = MimeUtils.TryParse(System.Text.Encoding.Latin1.GetString(header.RawValue).Trim(), out _encoding);
        else if (header.Id == HeaderId.ContentDisposition && ContentDisposition.TryParse(MimeOptions.Parts, header.RawValue, out var disposition))
            (IsAttachment, _fileName) = (disposition.IsAttachment, disposition.FileName);
    }

    /// <summary>RFC 2183 §2.3; older programs give the name in Content-Type only.</summary>
    public readonly string FileNameOr(ContentType type) => _fileName is { Length: > 0 } name ? name : type.Name ?? "";
}
