using System.Text;
using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>The messages that the tests read.</summary>
internal static class Mails
{
    /// <summary>The corpora that hold whole messages (each folder's SOURCE.txt says where from).</summary>
    private static readonly string[] Folders =
    [
        "mime-flanker", "mime-mail-parser", "mime-mime4j", "mime-mimekit", "mime-misc", "mime-python", "mime-ruby-mail", "mime-torture",
        "dkim-chasquid", "dkim-dkimpy", "dkim-mimekit", "dkim-canonicalization", "imip-calendar", "reports-dmarc-arf-tlsrpt", "spam-spamassassin",
    ];

    private static readonly string[] NoMails = [".json", ".xml", ".tsv", ".out", ".bin", ".pub", ".key", ".dns", ".ics", ".gz", ".zip", ".xsd"];

    public static IEnumerable<string> Files(params string[] folders)
    {
        foreach (var name in folders is [] ? Folders : folders)
            if (Corpora.Find(name, out _) is { } folder)
                foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                    if (!NoMails.Contains(Path.GetExtension(file)) && !Path.GetFileName(file).StartsWith("LICENSE", StringComparison.Ordinal))
                        yield return file;
    }

    /// <summary>Without the line that mbox files put before a message.</summary>
    public static byte[] Load(string file)
    {
        var bytes = File.ReadAllBytes(file);
        return bytes.AsSpan().StartsWith("From "u8) ? bytes[(bytes.AsSpan().IndexOf((byte)'\n') + 1)..] : bytes;
    }

    /// <summary>As it is sent, the slow and plain way.</summary>
    public static byte[] ToCrlf(ReadOnlySpan<byte> stored)
    {
        var sent = new List<byte>(stored.Length + 100);
        byte before = 0;
        foreach (var octet in stored)
        {
            if (octet == '\n' && before != '\r')
                sent.Add((byte)'\r');
            sent.Add(octet);
            before = octet;
        }

        return [.. sent];
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static MessageStructure Structure(byte[] stored) => StructureReader.Read(new MemoryStream(stored), ToCrlf(stored).Length);

    public static MessageStructure Structure(string text) => Structure(Bytes(text));
}
