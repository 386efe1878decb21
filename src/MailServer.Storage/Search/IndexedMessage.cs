namespace MailServer.Storage;

/// <summary>What the index takes of a message.</summary>
/// <param name="Uid">Its UID.</param>
/// <param name="BaseName">Its file's base name.</param>
/// <param name="Header">The text of its header, folded.</param>
/// <param name="Body">The text of its body, folded.</param>
/// <param name="IsCut">Whether there was too much of it; the index then has none of it.</param>
internal readonly record struct IndexedMessage(uint Uid, string BaseName, string Header, string Body, bool IsCut);
