using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>Shows a recipient to rules. The account's folders are listed when a rule first asks.</summary>
internal sealed class RuleRecipient(Recipient recipient, IDeliveryStore store, INotes notes) : IRecipientSource
{
    public string Address => recipient.Address.ToString();

    public string Detail => recipient.Detail ?? "";

    public string Account => recipient.Account.Address.ToString();

    public IReadOnlyList<AccountFolder> Folders =>
        field ??= [.. store.FoldersOf(recipient.Account).Where(folder => folder.IsSelectable).Select(folder => new AccountFolder(folder.Name.Value, folder.SpecialUse ?? ""))];

    public INotes Notes => notes;
}
