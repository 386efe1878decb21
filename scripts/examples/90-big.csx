// Big attachments go to a folder of their own, so that a telephone that shows INBOX need not fetch them.
//
// Size counts the whole mail as it was sent: attachments are a third larger there than on disk.
const long Megabyte = 1_000_000;

if (Mail.Size > 5 * Megabyte && Mail.HasAttachment())
    FileInto("Big");
