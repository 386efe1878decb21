using MailServer.Server.Hosting;

namespace MailServer.Server.Demo;

/// <summary>Sends the demo's mail, and looks where it is, as clients do.</summary>
internal sealed class DemoRun(DemoSetup setup, DemoObserver observer)
{
    // One message or one account; a busy machine needs a second.
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(60);

    /// <summary>Sends all, then reads all back.</summary>
    public async Task<IReadOnlyList<DemoLine>> RunAsync(MailHost host, CancellationToken cancellationToken)
    {
        await host.RulesReady.WaitAsync(cancellationToken).ConfigureAwait(false);
        var lines = new List<DemoLine>();
        foreach (var mail in DemoMail.Load(setup.Sample is { } sample ? Path.Combine(sample, "outbox") : null))
            lines.AddRange(await SendAsync(mail, cancellationToken).ConfigureAwait(false));

        var found = new Dictionary<string, IReadOnlyList<ListedMessage>>();
        foreach (var user in DemoSetup.Users)
            found[user] = await ReadAsync(user, cancellationToken).ConfigureAwait(false);
        return [.. lines.Select(line => line with { Found = [.. found[line.Account].Where(message => message.Field("Message-ID") == line.Mail.MessageId)] })];
    }

    private async Task<IReadOnlyList<DemoLine>> SendAsync(DemoMail mail, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StepLimit);
        var before = observer.Reports.Count;
        try
        {
            var sender = await SmtpSender.ConnectAsync(setup.PortOf(mail.IsSubmitted ? "submission" : "mx"), limit.Token).ConfigureAwait(false);
            await using (sender.ConfigureAwait(false))
            {
                if (mail.IsSubmitted)
                    await sender.LogInAsync(mail.From, setup.Password, limit.Token).ConfigureAwait(false);
                await sender.SendAsync(mail.From, mail.Recipients, mail.Message, limit.Token).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            return [.. mail.Recipients.Select(recipient => new DemoLine { Mail = mail, Account = AccountOf(recipient), Refusal = e.Message })];
        }

        var reports = observer.Reports.Skip(before).ToArray();
        return
        [
            .. mail.Recipients.Select(recipient => new DemoLine
            {
                Mail = mail,
                Account = AccountOf(recipient),
                Report = Array.Find(reports, report => report.Recipient.Address.ToString().Equals(recipient, StringComparison.OrdinalIgnoreCase)),
            }),
        ];
    }

    private async Task<IReadOnlyList<ListedMessage>> ReadAsync(string user, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StepLimit);
        var messages = new List<ListedMessage>();
        var reader = await ImapReader.ConnectAsync(setup.PortOf("imap"), user, setup.Password, limit.Token).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            foreach (var folder in await reader.FoldersAsync(limit.Token).ConfigureAwait(false))
                messages.AddRange(await reader.ListAsync(folder, limit.Token).ConfigureAwait(false));
        }

        return messages;
    }

    /// <summary>Whose mail it is: without the detail after the plus sign (RFC 5233).</summary>
    private static string AccountOf(string recipient)
    {
        var (local, domain) = recipient.Split('@') is [var l, var d] ? (l, d) : (recipient, "");
        return $"{local.Split('+')[0]}@{domain}".ToLowerInvariant();
    }
}
