using System.Globalization;

namespace MailServer.Pipeline.Tests;

public sealed class ConnectVerdictsTests
{
    [Fact]
    public void The_oldest_of_too_many_connections_are_forgotten_and_the_others_are_not()
    {
        const int Most = 10_000;
        var verdicts = new ConnectVerdicts();
        verdicts.Add("well", Verdict.Continue); // takes no place
        for (var i = 0; i <= Most; i++)
            verdicts.Add(i.ToString(CultureInfo.InvariantCulture), Verdict.Weigh(i + 1));
        verdicts.Add("1", Verdict.Weigh(9)); // its connection keeps what was said first
        Assert.Equal(Verdict.Continue, verdicts.Of("0"));
        Assert.Equal(Verdict.Weigh(2), verdicts.Of("1"));
        Assert.Equal(Verdict.Weigh(Most + 1), verdicts.Of(Most.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(Verdict.Continue, verdicts.Of("never seen"));
    }
}
