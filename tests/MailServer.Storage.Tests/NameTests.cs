namespace MailServer.Storage.Tests;

public sealed class NameTests
{
    [Theory]
    [InlineData("1.M2P3.host,S=49,W=54:2,FSab", "1.M2P3.host,S=49,W=54", "FSab", "", 49, 54)]
    [InlineData("1.x.host", "1.x.host", "", "", -1, -1)]
    [InlineData("1.x.host,S=9:2,", "1.x.host,S=9", "", "", 9, -1)]
    [InlineData("1.x.host,U=4:2,S,old", "1.x.host,U=4", "S", ",old", -1, -1)]
    [InlineData("1.x.host:1,exp", "1.x.host", "", "", -1, -1)]
    [InlineData("1.x.host,S=99999999999999999999:2,S", "1.x.host,S=99999999999999999999", "S", "", -1, -1)]
    [InlineData("1.x.host,S=,W=x", "1.x.host,S=,W=x", "", "", -1, -1)]
    public void A_file_name_is_taken_apart(string name, string baseName, string letters, string tail, long fileSize, long crlfSize)
    {
        Assert.Equal(baseName, MessageName.BaseOf(name));
        Assert.Equal(letters, MessageName.LettersOf(name));
        Assert.Equal(tail, MessageName.TailOf(name));
        Assert.Equal((fileSize, crlfSize), MessageName.SizesOf(name));
    }

    [Fact]
    public void Letters_are_written_in_ASCII_order_each_once() => Assert.Equal("a:2,FSXab,old", MessageName.WithLetters("a", "baSXFS", ",old"));

    [Fact]
    public void No_two_names_are_equal()
    {
        var names = new UniqueNames("mx.example.org", TimeProvider.System);
        var other = new UniqueNames("mx.example.org", TimeProvider.System);
        Assert.Equal(2000, Enumerable.Range(0, 1000).SelectMany(_ => (string[])[names.Next(), other.Next(1, 2)]).Select(name => MessageName.BaseOf(name).ToString()).Distinct().Count());
    }

    [Theory]
    [InlineData("1795505335.M135838P10705R28f7ab318725dad0Q4.mx.example.org,S=49,W=54", true)]
    [InlineData("1795505335.M135838P10705V0000000000000801I0000000000A1B2C3_0.mx,S=49,W=54", false)]
    [InlineData("1795505335.10705_1.mx", false)]
    [InlineData("R", false)]
    public void Names_of_this_server_are_told_from_others(string name, bool isOurs) => Assert.Equal(isOurs, UniqueNames.IsOurs(name));
}
