namespace MailServer.Storage;

/// <summary>How lines that look as a From_ line are kept apart from one: a <c>&gt;</c> before each, and before each that has some already (mboxrd).</summary>
internal static class MboxQuoting
{
    /// <summary>Signs before <c>From </c> that are counted: a line with more is no From_ line under any reading.</summary>
    public const int MaxDepth = 1000;

    /// <summary>How much of a line must be seen to tell.</summary>
    public const int Reach = MaxDepth + 6;

    /// <summary>The number of <c>&gt;</c> before <c>From </c> at the line's beginning; -1 when that is not how it begins.</summary>
    public static int DepthOf(ReadOnlySpan<byte> line)
    {
        if (line is not [(byte)'>' or (byte)'F', ..])
            return -1;
        var depth = line[..Math.Min(line.Length, MaxDepth + 1)].IndexOfAnyExcept((byte)'>');
        return depth >= 0 && line[depth..].StartsWith("From "u8) ? depth : -1;
    }
}
