using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>What the index is asked for must be in every message that matches.</summary>
public sealed class SearchTermTests
{
    [Fact]
    public void Characters_fold_alike_where_a_comparison_takes_them_for_equal()
    {
        var folds = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var others = 0;
        for (var code = 1; code <= 0x10FFFF; code++)
            if (Rune.IsValid(code) && new Rune(code).ToString() is var text)
            {
                var folded = Fold(text);
                if (!folds.TryAdd(text, folded))
                {
                    Assert.Equal(folds[text], folded);
                    others++;
                }
            }

        Assert.InRange(others, 1000, 10_000);                           // İ, ß, Ω and Ω, K and K, Deseret …
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("ab", null)]
    [InlineData("abc", "\"ABC\"")]
    [InlineData("Straße", "\"STR\" AND \"TRA\" AND \"RAß\" AND \"AßE\"")]
    [InlineData("a\"bcd", "\"A\"\"B\" AND \"\"\"BC\" AND \"BCD\"")]
    [InlineData("aaaaaa", "\"AAA\"")]
    [InlineData("ab\0cd", null)]
    [InlineData("ab😀abc", "\"ABC\"")]
    [InlineData("😀😀😀", null)]
    public void A_text_is_asked_for_by_terms_of_three_characters(string text, string? query) => Assert.Equal(query, SearchTerms.QueryOf(text));

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public void A_long_text_is_asked_for_by_some_of_its_terms(int length)
    {
        var random = new Random(1);
        var query = SearchTerms.QueryOf(new string([.. Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(26)))]));
        Assert.InRange(query!.Split(" AND ").Length, 10, 24);
    }

    private static string Fold(string text)
    {
        var folded = new char[text.Length];
        SearchTerms.Fold(text, folded);
        return new(folded);
    }
}
