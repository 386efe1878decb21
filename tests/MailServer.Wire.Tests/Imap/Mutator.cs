namespace MailServer.Wire.Tests.Imap;

/// <summary>Changes octets a little, as a bored or hostile client would.</summary>
internal static class Mutator
{
    private static readonly byte[] Interesting = [.. "{}()[]<>\"\\\r\n\0 +-*%.,:0129~\x7F"u8, 0x80, 0xFF];

    public static byte[] Change(Random random, byte[] octets)
    {
        var list = octets.ToList();
        for (var i = random.Next(1, 6); i > 0 && list.Count > 0; i--)
        {
            var at = random.Next(list.Count);
            switch (random.Next(5))
            {
                case 0:
                    list[at] = (byte)random.Next(256);
                    break;
                case 1:
                    list[at] = Interesting[random.Next(Interesting.Length)];
                    break;
                case 2:
                    list.Insert(at, Interesting[random.Next(Interesting.Length)]);
                    break;
                case 3:
                    list.RemoveRange(at, Math.Min(random.Next(1, 8), list.Count - at));
                    break;
                default:
                    list.InsertRange(at, list.GetRange(at, Math.Min(random.Next(1, 30), list.Count - at)));
                    break;
            }
        }

        return [.. list];
    }
}
