namespace MailServer.Storage;

/// <summary>Messages as they are stored, with LF line ends, for those who want them as they were sent.</summary>
public static class StoredText
{
    /// <summary>Its octets with CRLF line ends, forward only. Disposes the source.</summary>
    /// <param name="stored">A message as it is stored.</param>
    /// <exception cref="IOException">From the stream: the source cannot be read.</exception>
    public static Stream AsSent(Stream stored) => new CrlfStream(stored, exactly: null);
}
