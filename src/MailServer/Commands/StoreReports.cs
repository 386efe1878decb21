using System.Text.Json.Serialization;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary>What <c>store verify --json</c> prints for each account.</summary>
internal sealed record VerifyReport(string Account, string Maildir, bool IsGood, int Folders, long Messages, long Octets, IReadOnlyList<Finding> Findings);

/// <summary>For people who read it: indented.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<VerifyReport>))]
internal sealed partial class StoreJson : JsonSerializerContext;
