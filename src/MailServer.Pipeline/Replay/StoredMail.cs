using System.Text;
using MailServer.Rules;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>
/// Shows a message that lies in a Maildir to rules as they saw it when it came: without the fields that we put on top, with what the filters
/// found and the journal wrote down. Nobody is asked again, no DNS and no filter.
/// </summary>
internal static class StoredMail
{
    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrived">How it came; null when that is not known.</param>
    /// <param name="sizeInName">Octets by the file's name, or -1.</param>
    /// <param name="hostname">The server's name, by which its own findings are known.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IMailSource Open(string path, ArrivedMessage? arrived, long sizeInName, string hostname)
    {
        var (octets, fileSize) = StoredSpool.ReadHeader(path);
        var block = new HeaderBlock(octets);
        var delivery = arrived?.Delivery;
        var size = delivery?.Size is > 0 and var told ? told : sizeInName > 0 ? sizeInName : fileSize;
        List<(string Name, string Value)> findings = [];
        if (delivery is not null && TraceEnd(block, delivery.Id) is > 0 and var count)
        {
            // Return-Path first, Received last; between them what filters found.
            for (var i = 1; i < count - 1; i++)
                if (FieldOf(block, i) is { } field)
                    findings.Add(field);
            var start = block.Fields[count - 1];
            block = new(octets[(start.Start + start.Length)..]);
        }

        return new MessageSource(block, new StoredSpool(path, size).OpenRead, new()
        {
            Received = arrived is null ? File.GetLastWriteTime(path) : arrived.Line.Time.ToLocalTime(),
            Size = size,
            JunkScore = delivery?.Score ?? 0,
            Origin = new()
            {
                Sender = delivery?.Sender ?? "",
                Helo = delivery?.Helo ?? "",
                ClientIp = arrived?.Line.Peer ?? "",
                Tls = delivery?.Tls ?? "",
                User = delivery?.User ?? "",
            },
            Findings = findings,
            Hostname = hostname,
        });
    }

    /// <summary>How many fields on top are ours: up to the Received with our name for the message. 0 when the message does not begin so.</summary>
    private static int TraceEnd(HeaderBlock block, string id)
    {
        if (block.Fields is not [var first, ..] || !block.Has(first, "Return-Path"u8))
            return 0;
        var mark = Encoding.ASCII.GetBytes($"\n\tid {id}");
        for (var i = 1; i < Math.Min(block.Fields.Count, SpooledMessage.MaxPrepended + 2); i++)
            if (block.Has(block.Fields[i], "Received"u8))
                return block.ValueOctets(block.Fields[i]).IndexOf(mark) >= 0 ? i + 1 : 0;
        return 0;
    }

    private static (string Name, string Value)? FieldOf(HeaderBlock block, int index)
    {
        var field = block.Fields[index];
        var name = Encoding.ASCII.GetString(block.Octets(field)[..field.NameLength]).Trim();
        List<string> values = [];
        HeaderDecoder.AddValues(block, Encoding.ASCII.GetBytes(name), values);

        // Of several with one name, this one.
        var nth = 0;
        for (var i = 0; i < index; i++)
            if (block.Has(block.Fields[i], Encoding.ASCII.GetBytes(name)))
                nth++;
        return nth < values.Count ? (name, values[nth]) : null;
    }
}
