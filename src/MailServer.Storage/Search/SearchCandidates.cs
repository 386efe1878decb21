namespace MailServer.Storage;

/// <summary>The messages that may hold a text; the others of the index do not.</summary>
/// <param name="Headers">UIDs of those whose header may, in order.</param>
/// <param name="Bodies">UIDs of those whose body may, in order.</param>
internal sealed record SearchCandidates(List<uint> Headers, List<uint> Bodies);
