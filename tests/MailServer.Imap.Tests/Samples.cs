namespace MailServer.Imap.Tests;

/// <summary>Mail and folders for the dialogs.</summary>
internal static class Samples
{
    /// <summary>A multipart/mixed of a text and a message/rfc822 that is a multipart itself.</summary>
    public static void AddMime(FakeFolder folder) => folder.Deliver(string.Join("\r\n",
        "From: a@example.org",
        "Subject: outer",
        "X-Long: one",
        " two",
        "Content-Type: multipart/mixed; boundary=aa",
        "",
        "preamble",
        "--aa",
        "Content-Type: text/plain",
        "",
        "first part",
        "--aa",
        "Content-Type: message/rfc822",
        "",
        "Subject: inner",
        "Content-Type: multipart/alternative; boundary=bb",
        "",
        "--bb",
        "Content-Type: text/plain",
        "",
        "inner text",
        "--bb",
        "Content-Type: text/html",
        "",
        "<p>inner",
        "--bb--",
        "--aa--",
        ""));

    public static void AddFolders(FakeStore store)
    {
        store.Add("Sent", "\\Sent");
        store.Add("Work/2026/May");
        store.Add("Work/2026");
        store.Add("Entwürfe", "\\Drafts");
        store.Subscribed.UnionWith(["INBOX", "Work/2026/May", "Gone"]);
    }
}
