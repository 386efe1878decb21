namespace MailServer.Storage;

/// <summary>
/// What the journal knows of how messages came that are there now. A message that was moved or copied since has another base name; the
/// journal says which it had.
/// </summary>
public sealed class DeliveryFacts
{
    private readonly Dictionary<string, ArrivedMessage> _byName = new(StringComparer.Ordinal);

    private DeliveryFacts()
    {
    }

    /// <summary>How many messages it knows.</summary>
    public int Count => _byName.Count;

    /// <summary>Reads a journal once, newest line first.</summary>
    /// <param name="root">The account's Maildir.</param>
    /// <param name="baseNames">The messages that are asked about.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DeliveryFacts Read(string root, IEnumerable<string> baseNames)
    {
        ArgumentNullException.ThrowIfNull(baseNames);
        var facts = new DeliveryFacts();
        var wanted = baseNames.Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => new List<string> { name }, StringComparer.Ordinal);
        if (wanted.Count == 0)
            return facts;
        foreach (var entry in new JournalReader(root).Backward())
        {
            if (entry.Message is not { } message || !wanted.TryGetValue(message, out var now))
                continue;
            if (entry is { Event: JournalEvents.Delivered, Delivery: { } delivery })
            {
                // The steps are many octets, and another question.
                var arrived = new ArrivedMessage(entry, delivery);
                foreach (var name in now)
                    facts._byName.TryAdd(name, arrived);
            }
            else if (entry is { Event: JournalEvents.Moved or JournalEvents.Copied, From.Message: { } before } && before != message)
            {
                if (wanted.TryGetValue(before, out var others))
                    others.AddRange(now.Except(others));
                else
                    wanted[before] = [.. now];
            }
        }

        return facts;
    }

    /// <summary>How a message came, or null when the journal does not say.</summary>
    /// <param name="baseName">Its base name now.</param>
    public ArrivedMessage? Find(string baseName) => _byName.GetValueOrDefault(baseName);
}

/// <summary>A delivery, as the journal has it.</summary>
/// <param name="Line">The journal's line.</param>
/// <param name="Delivery">What was known.</param>
public sealed record ArrivedMessage(JournalEntry Line, JournalDelivery Delivery)
{
    /// <summary>The part after <c>+</c> of the address it was sent to (RFC 5233); null when there is none.</summary>
    public string? Detail => Delivery.Recipient is { } recipient && recipient.LastIndexOf('@') is > 0 and var at && recipient.IndexOf('+', StringComparison.Ordinal) is >= 0 and var plus && plus < at
        ? recipient[(plus + 1)..at]
        : null;
}
