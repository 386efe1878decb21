namespace MailServer.Storage;

/// <summary>Reads ENVELOPE, BODY, BODYSTRUCTURE and the places of the parts in one pass.</summary>
internal static class StructureReader
{
    /// <summary>Never throws for what the message holds, only when the stream does.</summary>
    public static MessageStructure Read(Stream lfStream, long crlfSize) => throw new NotImplementedException();
}
