namespace MailServer.Storage;

/// <summary>An account has passed a threshold on its way to its limits.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Threshold">Which, in per cent.</param>
/// <param name="Usage">What it holds, and may hold.</param>
public sealed record QuotaWarning(User Owner, int Threshold, QuotaUsage Usage);
