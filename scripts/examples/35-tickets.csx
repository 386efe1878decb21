// Tickets: "Re: [Ticket #4711] printer" goes to Tickets/4711, and what is solved is read already.
//
// Find gives what stands in the parentheses, or nothing when the subject is another.
if (Mail.Subject.Find(@"\[ticket #?(\d{1,9})\]") is { Length: > 0 } number)
{
    FileInto($"Tickets/{number}");
    if (Mail.Subject.HasAny("solved", "closed"))
        AddFlag(Seen);
    Stop();
}
