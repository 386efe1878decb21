namespace MailServer.Storage.Tests;

/// <summary>What must hold for the answer to any message.</summary>
internal static class Answers
{
    public static void Check(MessageStructure structure, long size)
    {
        Assert.Equal(10, Assert.IsType<List<object?>>(ImapTree.Parse(structure.Envelope.Span)).Count);
        Assert.IsType<List<object?>>(ImapTree.Parse(structure.Body.Span));
        Assert.IsType<List<object?>>(ImapTree.Parse(structure.BodyStructure.Span));
        Assert.Equal(0, structure.Root.HeaderStart);
        Assert.Equal(size, structure.Root.BodyStart + structure.Root.BodyLength);
        Within(structure.Root, 0, size);
    }

    public static bool Same(MessageStructure one, MessageStructure two) =>
        one.Envelope.Span.SequenceEqual(two.Envelope.Span) && one.Body.Span.SequenceEqual(two.Body.Span)
        && one.BodyStructure.Span.SequenceEqual(two.BodyStructure.Span) && Places(one.Root).SequenceEqual(Places(two.Root));

    private static IEnumerable<long> Places(MessagePart part) =>
        [part.HeaderStart, part.HeaderLength, part.BodyStart, part.BodyLength, .. part.Children.SelectMany(Places), .. part.Message is null ? [] : Places(part.Message)];

    private static void Within(MessagePart part, long from, long to)
    {
        Assert.InRange(part.HeaderStart, from, to);
        Assert.InRange(part.HeaderLength, 0, to - part.HeaderStart);
        Assert.Equal(part.HeaderStart + part.HeaderLength, part.BodyStart);
        Assert.InRange(part.BodyLength, 0, to - part.BodyStart);
        var end = part.BodyStart;
        foreach (var child in part.Children)
        {
            Within(child, end, part.BodyStart + part.BodyLength);
            end = child.BodyStart + child.BodyLength;
        }

        if (part.Message is not null)
            Within(part.Message, part.BodyStart, part.BodyStart + part.BodyLength);
    }
}
