// Receipts: read already, and kept by year. What has a document with it gets a copy for the bookkeeper.
//
// The year is that of the Date field; when it is missing or broken, that of today.
string[] shops = ["shop.example", "tickets.example"];

if (shops.Any(Mail.From.IsIn) && (Mail.Subject.Has("receipt") || Mail.Subject.Has("invoice")))
{
    FileInto($"Receipts/{Mail.Date:yyyy}");
    AddFlag(Seen);
    if (Mail.HasAttachment("*.pdf"))
        CopyTo("Bookkeeping");
    Stop();
}
