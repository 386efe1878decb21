using MimeKit;

namespace MailServer.Storage.Tests;

/// <summary>Thousands of real and broken mails: no exception, every place within the message, parts cut as a full parse has them.</summary>
public sealed class CorpusTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_mail_of_the_corpora_is_answered()
    {
        var files = Mails.Files().ToList();
        Assert.SkipWhen(files.Count == 0, "no test data: set MAILSERVER_CORPORA");
        var (parts, compared) = (0, 0);
        foreach (var file in files)
        {
            var stored = Mails.Load(file);
            var sent = Mails.ToCrlf(stored);
            try
            {
                var structure = Mails.Structure(stored);
                Answers.Check(structure, sent.Length);
                Assert.True(Answers.Same(structure, StructureReader.Read(new DribbleStream(stored, seed: sent.Length), sent.Length)), "another split of the input gives another answer");
                compared += Compare(structure.Root, sent);
                parts++;
            }
            catch (Exception wrong)
            {
                throw new InvalidOperationException($"{file}: {wrong.Message}", wrong);
            }
        }

        output.WriteLine($"{parts} mails, {compared} leaf parts the same as MimeKit's own");
        Assert.InRange(compared, parts / 2, int.MaxValue);
    }

    // Only trees of the same shape can be compared: beyond a limit or a fault the two differ by intent.
    private static int Compare(MessagePart root, byte[] sent)
    {
        MimeMessage message;
        try
        {
            message = MimeMessage.Load(new MemoryStream(sent));
        }
        catch (FormatException)
        {
            return 0;
        }

        return message.Body is null ? 0 : Compare(root, message.Body, sent);
    }

    private static int Compare(MessagePart part, MimeEntity entity, byte[] sent)
    {
        switch (entity)
        {
            case Multipart multipart when part.IsMultipart && multipart.Count == part.Children.Count:
                return multipart.Zip(part.Children).Sum(pair => Compare(pair.Second, pair.First, sent));
            case MimeKit.MessagePart inner when part.Message is not null && inner.Message?.Body is { } body:
                return Compare(part.Message, body, sent);
            case MimePart { Content: { } own } when !part.IsMultipart:
                using (var content = new MemoryStream())
                {
                    own.Stream?.CopyTo(content);
                    var cut = sent.AsSpan((int)part.BodyStart, (int)part.BodyLength);
                    Assert.True(cut.SequenceEqual(content.ToArray()), $"part at {part.BodyStart} has {part.BodyLength} octets, MimeKit gives {content.Length}");
                }

                return 1;
            default:
                return 0;
        }
    }
}
