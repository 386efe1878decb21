namespace MailServer.Storage;

/// <summary>
/// How lines that look as a From_ line are kept apart from one: a <c>&gt;</c> before each, and before each that has some already (mboxrd). The
/// number of them has no limit: with one, the line at the limit would come back changed.
/// </summary>
internal static class MboxQuoting
{
    /// <summary>What is seen of a line before the file is read ahead for the rest of its signs.</summary>
    private const int Glance = 256;

    /// <summary>Whether the window's line begins with <c>From </c>, with or without signs before it.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsFrom(FileWindow window)
    {
        var line = window.Ahead(Glance);
        if (line is not [(byte)'>' or (byte)'F', ..])
            return false;
        var depth = line.IndexOfAnyExcept((byte)'>');
        return depth >= 0 && depth + 5 <= line.Length ? line[depth..].StartsWith("From "u8) : IsFromBeyond(window, depth < 0 ? line.Length : depth);
    }

    private static bool IsFromBeyond(FileWindow window, int seen)
    {
        var piece = new byte[FileWindow.Size];
        for (var position = window.Position + seen; window.At(position, piece) is { Length: > 0 } text;)
        {
            var signs = text.IndexOfAnyExcept((byte)'>');
            if (signs == 0)
                return text.StartsWith("From "u8);
            position += signs < 0 ? text.Length : signs;
        }

        return false;
    }
}
