using System.Globalization;

namespace MailServer.Storage.Tests;

/// <summary>Finds a part by its section number, as FETCH does (RFC 3501 §6.4.5).</summary>
internal static class Sections
{
    public static MessagePart? Find(MessagePart root, string section)
    {
        var part = root;
        var isMessage = true;
        foreach (var number in section.Split('.').Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            if (!isMessage && !part.IsMultipart)
            {
                if (part.Message is null)
                    return null;
                part = part.Message;
            }

            isMessage = false;
            if (part.IsMultipart)
            {
                if (number > part.Children.Count)
                    return null;
                part = part.Children[number - 1];
            }
            else if (number != 1)
                return null;
        }

        return part;
    }
}
