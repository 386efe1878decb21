using System.Text;
using System.Text.Json;

namespace MailServer.Storage.Tests;

/// <summary>Reads IMAP's parenthesised lists back, as a client must be able to: a string, a number, null for NIL, or a list.</summary>
internal static class ImapTree
{
    public static object? Parse(ReadOnlySpan<byte> text)
    {
        var at = 0;
        var value = Read(text, ref at);
        Assert.Equal(text.Length, at);
        return value;
    }

    public static object? Parse(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Number => element.GetInt64(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Array => element.EnumerateArray().Select(Parse).ToList(),
        _ => throw new InvalidDataException(element.GetRawText()),
    };

    public static string Show(object? value) => value switch
    {
        null => "NIL",
        string text => $"\"{text}\"",
        List<object?> list => $"({string.Join(' ', list.Select(Show))})",
        _ => value.ToString()!,
    };

    private static object? Read(ReadOnlySpan<byte> text, ref int at)
    {
        switch (text[at])
        {
            case (byte)'(':
                var list = new List<object?>();
                for (at++; text[at] != (byte)')';)
                {
                    list.Add(Read(text, ref at));
                    if (text[at] == (byte)' ')
                        at++;
                }

                at++;
                return list;

            case (byte)'"':
                var quoted = new StringBuilder();
                for (at++; text[at] != (byte)'"'; at++)
                {
                    if (text[at] == (byte)'\\')
                    {
                        at++;
                        Assert.Contains((char)text[at], "\"\\");
                    }

                    Assert.InRange(text[at], 1, 126);
                    Assert.False(text[at] is (byte)'\r' or (byte)'\n', "a line end within quotes");
                    quoted.Append((char)text[at]);
                }

                at++;
                return quoted.ToString();

            case (byte)'{':
                var end = text[at..].IndexOf("}\r\n"u8);
                var length = int.Parse(Encoding.ASCII.GetString(text.Slice(at + 1, end - 1)), System.Globalization.CultureInfo.InvariantCulture);
                var literal = text.Slice(at + end + 3, length);
                Assert.False(literal.Contains((byte)0));
                at += end + 3 + length;
                return Encoding.Latin1.GetString(literal);

            default:
                var atom = text[at..];
                var stop = atom.IndexOfAny((byte)' ', (byte)')', (byte)'(');
                atom = stop < 0 ? atom : atom[..stop];
                at += atom.Length;
                return atom.SequenceEqual("NIL"u8) ? null : long.Parse(Encoding.ASCII.GetString(atom), System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
