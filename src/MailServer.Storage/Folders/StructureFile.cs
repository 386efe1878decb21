namespace MailServer.Storage;

/// <summary>Structures of messages that were read once.</summary>
internal static class StructureFile
{
    /// <summary>Places in the file are multiples of this.</summary>
    public const int Unit = 16;
}
