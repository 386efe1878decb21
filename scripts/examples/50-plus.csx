// alice+anything@example.org files itself (RFC 5233): give every shop an address of its own, and see who sells it.
//
// The detail comes from whoever writes the mail. What cannot be a folder's name goes to INBOX; the rest goes
// below Plus, where it cannot mix with folders of yours.
if (Detail.Length > 0)
{
    FileInto($"Plus/{Detail.ToLowerInvariant()}");
    Stop();
}
