// Invitations to meetings stay in INBOX, marked, with a copy in Calendar for programs that read it there.
//
// Most come as a part of the type text/calendar, some only as a file.
if (Mail.HasAttachment("text/calendar") || Mail.HasAttachment("*.ics"))
{
    CopyTo("Calendar");
    AddFlag("$Invitation");
}
