using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Interop.Tests;

/// <summary>A message as nobody should write it, and yet somebody does.</summary>
/// <param name="Name">What is odd about it.</param>
/// <param name="Write">Writes it as a file.</param>
internal sealed record Shape(string Name, Action<Stream> Write)
{
    /// <summary>The word that a search must find in those that have one.</summary>
    public const string Needle = "n33dle";

    private const int LongLine = 100 * 1024 * 1024;

    public static Shape[] All { get; } =
    [
        Text("empty", ""),
        Text("a header alone", $"Subject: {Needle}\nFrom: a@example.org\n"),
        Text("a header without an end", $"Subject: {Needle}"),
        Text("no header", $"\nbody {Needle}\n"),
        Text("no header and no empty line", $"just some {Needle} of text\nand no field\n"),
        Text("no final line end", $"Subject: x\n\nbody {Needle}"),
        Text("every line end", $"Subject: mix\r\nFrom: a@example.org\n\na\rb\r\r\nc\n\r\nd\r\n\n\n\r\r{Needle}\r"),
        Text("dots", $"Subject: dots\n\n.\n..\n.{Needle}\n."),
        Text("binary", $"Subject: binary\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\n\0\u0001\u00ff\n\0{Needle}\0\n"),
        Text("150 levels", Nested(150)),
        Text("3000 parts", Parts(3000)),
        new("100000 fields", stream =>
        {
            for (var i = 0; i < 100_000; i++)
                Put(stream, string.Create(CultureInfo.InvariantCulture, $"X-Field-{i}: value of the field {i}\n"));
            Put(stream, $"Subject: {Needle}\n\nbody\n");
        }),
        new("one line of 100 MB", stream =>
        {
            Put(stream, "Subject: long\n\n");
            var piece = new byte[1024 * 1024];
            piece.AsSpan().Fill((byte)'x');
            for (var i = 0; i < LongLine / piece.Length; i++)
                stream.Write(piece);
            Put(stream, Needle);
        }),
    ];

    /// <summary>
    /// Whether a text search must find it: not what is no text; 100 MB of one line and a header of megabytes may be beyond what is searched.
    /// </summary>
    public bool IsFound => Name is not ("empty" or "one line of 100 MB" or "100000 fields" or "binary");

    /// <summary>Size and check sum of the octets that protocols send for a file: an LF without a CR before it is a CRLF.</summary>
    public static (long Size, string Sum) AsSent(string path)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = File.OpenRead(path);
        var (size, last) = (0L, (byte)0);
        var piece = new byte[64 * 1024];
        var sent = new byte[2 * piece.Length];
        for (int count; (count = file.Read(piece)) > 0;)
        {
            var length = 0;
            foreach (var octet in piece.AsSpan(0, count))
            {
                if (octet == '\n' && last != '\r')
                    sent[length++] = (byte)'\r';
                sent[length++] = last = octet;
            }

            sum.AppendData(sent, 0, length);
            size += length;
        }

        return (size, Convert.ToHexString(sum.GetHashAndReset()));
    }

    private static Shape Text(string name, string text) => new(name, stream => Put(stream, text));

    private static void Put(Stream stream, string text) => stream.Write(Encoding.Latin1.GetBytes(text));

    private static string Nested(int levels)
    {
        var text = new StringBuilder("Subject: deep\nMIME-Version: 1.0\n");
        for (var level = 0; level < levels; level++)
            text.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/mixed; boundary=\"b{level}\"\n\n--b{level}\n");
        text.Append(CultureInfo.InvariantCulture, $"Content-Type: text/plain\n\n{Needle}\n");
        for (var level = levels - 1; level >= 0; level--)
            text.Append(CultureInfo.InvariantCulture, $"--b{level}--\n");
        return text.ToString();
    }

    private static string Parts(int count)
    {
        var text = new StringBuilder("Subject: parts\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n");
        for (var part = 0; part < count; part++)
            text.Append(CultureInfo.InvariantCulture, $"--b\nContent-Type: text/plain; name=\"p{part}\"\n\npart {part}\n");
        return text.Append(CultureInfo.InvariantCulture, $"--b\n\n{Needle}\n--b--\n").ToString();
    }
}
