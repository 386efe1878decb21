using MailServer.Wire.Imap;

namespace MailServer.Wire.Tests.Imap;

public sealed class UidSetTests(ITestOutputHelper output)
{
    [Fact]
    public void It_holds_what_a_set_holds()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (plain, set) = (new SortedSet<uint>(), new UidSet([]));
        for (var i = 0; i < 5_000; i++)
        {
            var uid = (uint)random.Next(1, 60);
            if (random.Next(2) == 0)
            {
                plain.Add(uid);
                set.Add(uid);
            }
            else
            {
                plain.Remove(uid);
                set.Remove(uid);
            }

            Assert.Equal(plain, set.Ranges.SelectMany(range => Enumerable.Range((int)range.First, (int)(range.Last - range.First) + 1)).Select(one => (uint)one));
            Assert.All(set.Ranges.Zip(set.Ranges.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
            Assert.Equal(plain.Contains(7), set.Contains(7));
        }
    }
}
