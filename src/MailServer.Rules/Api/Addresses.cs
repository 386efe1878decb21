using System.Collections;

namespace MailServer.Rules;

/// <summary>The people of an address field, as From or To. The questions are true when they are true of one of them; the texts are those of the first.</summary>
public sealed class Addresses : IReadOnlyList<Correspondent>
{
    private static readonly Correspondent Nobody = new();

    private readonly IReadOnlyList<Correspondent> _people;

    internal Addresses(IReadOnlyList<Correspondent> people) => _people = people;

    /// <summary>How many there are.</summary>
    /// <example><code>if (Mail.To.Count > 20) FileInto("Round");</code></example>
    public int Count => _people.Count;

    /// <summary>One of them, counted from 0; an empty one beyond the end.</summary>
    /// <example><code>FileInto($"People/{Mail.From[0].LocalPart}");</code></example>
    public Correspondent this[int index] => index >= 0 && index < _people.Count ? _people[index] : Nobody;

    /// <summary>The first one's shown name, decoded.</summary>
    /// <example><code>if (Mail.From.Name == "Grandma") AddFlag(Flagged);</code></example>
    public string Name => this[0].Name;

    /// <summary>The first one's whole address.</summary>
    /// <example><code>if (Mail.From.Address == "boss@work.example") FileInto("Boss");</code></example>
    public string Address => this[0].Address;

    /// <summary>The part before the at sign of the first one's address.</summary>
    /// <example><code>if (Mail.From.LocalPart == "no-reply") FileInto("Machines");</code></example>
    public string LocalPart => this[0].LocalPart;

    /// <summary>The part after the at sign of the first one's address.</summary>
    /// <example><code>FileInto($"Domains/{Mail.From.Domain}");</code></example>
    public string Domain => this[0].Domain;

    /// <summary>Whether one of them is in the domain or in one below it. Case never matters.</summary>
    /// <example><code>if (Mail.From.IsIn("work.example")) FileInto("Work");</code></example>
    public bool IsIn(string domain)
    {
        for (var i = 0; i < _people.Count; i++)
            if (_people[i].IsIn(domain))
                return true;
        return false;
    }

    /// <summary>Whether one of them has this address.</summary>
    /// <example><code>if (Mail.Cc.Is("alice@example.org")) AddFlag("$Cc");</code></example>
    public bool Is(string address)
    {
        for (var i = 0; i < _people.Count; i++)
            if (_people[i].Is(address))
                return true;
        return false;
    }

    /// <summary>Whether the text is in the name or the address of one of them.</summary>
    /// <example><code>if (Mail.From.Has("newsletter")) FileInto("Newsletters");</code></example>
    public bool Has(string text) =>
        text is not null && _people.Any(person =>
            person.Name.Contains(text, StringComparison.OrdinalIgnoreCase) || person.Address.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public IEnumerator<Correspondent> GetEnumerator() => _people.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>All of them with commas between.</summary>
    public override string ToString() => string.Join(", ", _people);
}
