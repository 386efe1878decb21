namespace MailServer;

/// <summary>The version of this contract, as <c>major.minor</c>.</summary>
/// <remarks>
/// A minor step only adds members with default bodies or new types. A major step may break.
/// The host loads a plugin when the major is equal and the plugin's minor is not above its own.
/// </remarks>
public static class ContractVersion
{
    /// <summary>The version this assembly defines; compiled into every plugin that uses <see cref="MailPluginAttribute"/>.</summary>
    public const string Current = "1.5";
}
