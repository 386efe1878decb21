using MailServer.Rules;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>Users' own scripts, and where they are.</summary>
/// <param name="Rules">What compiles and runs them.</param>
/// <param name="DirectoryOf">The folder of an account's scripts.</param>
public sealed record UserScripts(UserRules Rules, Func<User, string> DirectoryOf);

/// <summary>Asks an account's own scripts, and tells their owner when they do not work.</summary>
internal sealed class UserRuleStage(UserScripts scripts, OwnerNotice notice, ILogger logger)
{
    public async Task<Delivery> DecideAsync(User account, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
#pragma warning disable CA1031 // whatever goes wrong here, the mail goes where it would have gone without
        try
        {
            var (delivery, set) = await scripts.Rules.DecideAsync(
                account.Address.ToString(), scripts.DirectoryOf(account), mail, recipient, sofar, cancellationToken).ConfigureAwait(false);
            if (set.TakeNotice() is { } complaints)
                await notice.SendAsync(account, "the rules that sort your mail", complaints).ConfigureAwait(false);
            return delivery;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.UserRulesFailed(logger, account.Address, OneLine.Of(e));
            return sofar;
        }
#pragma warning restore CA1031
    }
}
