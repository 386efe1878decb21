// Addresses that are closed: alice+oldshop@example.org gets no mail any more, and who writes there is told so.
//
// The mail is refused before it is taken, so nothing is sent back to anybody, and a forger's victim hears nothing.
string[] closed = ["oldshop", "sweepstake"];

if (closed.Contains(Detail.ToLowerInvariant()))
{
    Reject("This address is closed.");
    Stop();
}
