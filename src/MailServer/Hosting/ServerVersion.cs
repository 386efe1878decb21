using System.Reflection;

namespace MailServer.Server.Hosting;

internal static class ServerVersion
{
    /// <summary>As <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
