namespace MailServer.Storage.Tests;

/// <summary>Which messages were expunged since a client was here (RFC 7162 §3.2).</summary>
public sealed class VanishedTests
{
    [Theory]
    [InlineData(new uint[] { }, 1u, "")]
    [InlineData(new uint[] { }, 5u, "1-4")]
    [InlineData(new uint[] { 1, 2 }, 3u, "")]
    [InlineData(new uint[] { 2, 4, 5 }, 9u, "1-1 3-3 6-8")]
    [InlineData(new uint[] { 1, 7 }, 8u, "2-6")]
    public void Gaps_are_what_is_absent_below_UIDNEXT(uint[] uids, uint next, string gaps) =>
        Assert.Equal(gaps, string.Join(' ', UidRange.Gaps(uids, next).Select(range => $"{range.First}-{range.Last}")));

    [Theory]
    [InlineData(new uint[] { }, "")]
    [InlineData(new uint[] { 3 }, "3-3")]
    [InlineData(new uint[] { 1, 2, 3, 5, 7, 8 }, "1-3 5-5 7-8")]
    public void Ranges_join_what_follows(uint[] uids, string ranges) =>
        Assert.Equal(ranges, string.Join(' ', UidRange.Of(uids).Select(range => $"{range.First}-{range.Last}")));
}
