// Newsletters and other bulk mail: what says how to unsubscribe (RFC 2369), or that it is bulk.
//
// Mailing lists have these fields as well, but 10-lists.csx has taken those.
var isBulk = Mail["List-Unsubscribe"].Exists
    || Mail["Precedence"].Is("bulk")
    || Mail["Feedback-ID"].Exists;

if (isBulk)
{
    FileInto("Newsletters");
    Stop();
}
