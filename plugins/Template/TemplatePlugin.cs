using MailServer;
using MailServer.Plugins.Template;

[assembly: MailPlugin("template", typeof(TemplatePlugin))]

namespace MailServer.Plugins.Template;

/// <summary>The entry point: reads the table <c>[plugins.template]</c> and adds what the plugin provides.</summary>
public sealed class TemplatePlugin : IPlugin
{
    /// <inheritdoc/>
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var settings = Settings.Read(host.Config);
        var logger = host.Logging.CreateLogger("template");

        host.Add(new GreeterHandler(settings, host.Server, host.Time, logger));
        if (settings.JunkWords.Count > 0)
            host.Add(new WordFilter(settings));
        if (settings.FileByDetail)
            host.Add(new DetailRule());
        return ValueTask.CompletedTask;
    }

    /// <summary>Comes when the last session and the last message have left this generation. Dispose here what you have opened in <see cref="ConfigureAsync"/>.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
