using System.Text.Json.Serialization;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary>What <c>store verify --json</c> prints for each account.</summary>
internal sealed record VerifyReport(string Account, string Maildir, bool IsGood, int Folders, long Messages, long Octets, IReadOnlyList<Finding> Findings);

/// <summary>What <c>store adopt --json</c> prints for each account.</summary>
internal sealed record AdoptReport(string Account, bool IsApplied, bool IsGood, IReadOnlyList<string> Problems, MaildirSurvey Found);

/// <summary>What <c>store rebuild --json</c> prints for each account.</summary>
internal sealed record RebuildReport(string Account, bool IsGood, int Folders, long Messages, IReadOnlyList<string> Failed);

/// <summary>For people who read it: indented.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<VerifyReport>))]
[JsonSerializable(typeof(IReadOnlyList<AdoptReport>))]
[JsonSerializable(typeof(IReadOnlyList<RebuildReport>))]
internal sealed partial class StoreJson : JsonSerializerContext;

/// <summary>One entry a line, for programs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalPrintJson : JsonSerializerContext;
