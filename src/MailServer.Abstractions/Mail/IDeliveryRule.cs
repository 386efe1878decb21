namespace MailServer;

/// <summary>Chooses where accepted mail goes, once for each recipient.</summary>
public interface IDeliveryRule
{
    /// <summary>The name in logs.</summary>
    string Name { get; }

    /// <summary>Returns <paramref name="sofar"/> or a changed copy of it.</summary>
    ValueTask<Delivery> DecideAsync(IMessage message, Recipient recipient, Delivery sofar, CancellationToken cancellationToken);
}
