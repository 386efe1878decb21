using System.Text;
using MailServer.Rules;
using MailServer.TestKit;

namespace MailServer.Pipeline.Tests;

/// <summary>Mails that broke other programs: every question a rule can ask has an answer, and none throws.</summary>
public sealed class CorpusTests
{
    [Theory]
    [InlineData("mime-flanker")]
    [InlineData("mime-mail-parser")]
    [InlineData("mime-mime4j")]
    [InlineData("mime-mimekit")]
    [InlineData("mime-misc")]
    [InlineData("mime-python")]
    [InlineData("mime-ruby-mail")]
    [InlineData("mime-torture")]
    public async Task Every_question_has_an_answer(string corpus)
    {
        Assert.SkipUnless(Corpora.Find(corpus, out var reason) is not null, reason);
        var files = Directory.GetFiles(Corpora.Find(corpus, out _)!, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            // Any octets are a message to us; those that are no mail are the better test.
            var octets = await File.ReadAllBytesAsync(file);
            try
            {
                var road = new Road();
                var asked = false;
                road.Roles.Rules.Add(new FakeRule((message, _, sofar) =>
                {
                    var mail = new Mail(Road.SourceOf((SpooledMessage)message));
                    string[] texts = [mail.Subject, mail.List ?? "", mail.From.ToString(), mail.To.ToString(), mail.Cc.ToString(), mail["Received"], mail.From.Name, $"{mail.Date:O}"];
                    Assert.All(texts, text => Assert.DoesNotContain(text, char.IsControl));
                    Assert.InRange(mail.Size, 0, long.MaxValue);
                    mail.HasAttachment();
                    mail.HasAttachment("text/*");
                    Assert.InRange(mail.Body.Value.Length, 0, MailText.MaxBody);
                    Assert.All(mail.Attachments, file => Assert.InRange(file.Size, 0, octets.Length * 2));
                    Assert.NotEmpty(mail.MessageId);
                    asked = true;
                    return sofar;
                }));
                await using var transaction = await road.Pipeline.BeginAsync(road.Envelope, default);
                Assert.Null(await transaction.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default));
                await transaction.Body.WriteAsync(Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(octets).ReplaceLineEndings("\r\n")));
                Assert.Null(await transaction.CommitAsync(default));
                Assert.True(asked);
                Assert.DoesNotContain(road.Log.Lines, line => line.StartsWith("507", StringComparison.Ordinal));
            }
            catch (Exception e)
            {
                Assert.Fail($"{file}: {e}");
            }
        }
    }
}
