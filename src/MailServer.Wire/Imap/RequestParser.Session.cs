namespace MailServer.Wire.Imap;

/// <content>Commands about the session: LOGIN, AUTHENTICATE, ENABLE, COMPRESS, ID.</content>
public static partial class RequestParser
{
    /// <summary><c>login = "LOGIN" SP userid SP password</c>, both astrings.</summary>
    private static RequestFault ReadLogin(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        return cursor.TrySkipSpace() && cursor.TryReadAString(out var user) && cursor.TrySkipSpace() && cursor.TryReadAString(out var password)
            ? Done(new ImapRequest.Login(tag, user, password), out request)
            : RequestFault.BadArguments;
    }

    /// <summary><c>authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]</c> (RFC 4959 §7).</summary>
    private static RequestFault ReadAuthenticate(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadAtom(out var mechanism))
            return RequestFault.BadArguments;
        ReadOnlyMemory<byte>? initial = null;
        if (cursor.TrySkipSpace() && !cursor.IsAtEnd)
        {
            if (!cursor.TryReadAtom(out var response))
                return RequestFault.BadArguments;
            initial = response.Span.SequenceEqual("="u8) ? ReadOnlyMemory<byte>.Empty : response;
        }

        return Done(new ImapRequest.Authenticate(tag, mechanism, initial), out request);
    }

    /// <summary><c>enable = "ENABLE" 1*(SP capability)</c> (RFC 5161 §4).</summary>
    private static RequestFault ReadEnable(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        var names = new List<ReadOnlyMemory<byte>>();
        while (cursor.TrySkipSpace() && !cursor.IsAtEnd)
        {
            if (names.Count == GrammarLimits.Names)
                return RequestFault.TooMany;
            if (!cursor.TryReadAtom(out var name))
                return RequestFault.BadArguments;
            names.Add(name);
        }

        return names.Count == 0 ? RequestFault.BadArguments : Done(new ImapRequest.Enable(tag, names), out request);
    }

    /// <summary><c>compress = "COMPRESS" SP algorithm</c> (RFC 4978 §5).</summary>
    private static RequestFault ReadCompress(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        return cursor.TrySkipSpace() && cursor.TryReadAtom(out var mechanism)
            ? Done(new ImapRequest.Compress(tag, mechanism), out request)
            : RequestFault.BadArguments;
    }

    /// <summary><c>id = "ID" SP ("(" [string SP nstring *(SP string SP nstring)] ")" / nil)</c> (RFC 2971 §4).</summary>
    private static RequestFault ReadId(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        var pairs = new List<ReadOnlyMemory<byte>?>();
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        if (cursor.TrySkipWord("NIL"u8))
            return Done(new ImapRequest.Id(tag, pairs), out request);
        if (!cursor.TrySkip('('))
            return RequestFault.BadArguments;
        if (cursor.TrySkip(')'))
            return Done(new ImapRequest.Id(tag, pairs), out request);

        do
        {
            if (pairs.Count == 2 * GrammarLimits.IdPairs)
                return RequestFault.TooMany;
            if (!cursor.TryReadString(out var field) || !cursor.TrySkipSpace() || !cursor.TryReadNString(out var value))
                return RequestFault.BadArguments;
            pairs.Add(field);
            pairs.Add(value);
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') ? Done(new ImapRequest.Id(tag, pairs), out request) : RequestFault.BadArguments;
    }
}
