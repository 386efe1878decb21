using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using MailServer.Rules;

namespace MailServer.Server.Editing;

/// <summary>
/// Writes what a script sees without a qualifier, the members of <see cref="RuleGlobals"/>, as static members in C#. An editor knows no
/// host object; with <c>global using static</c> it completes and explains them all the same. Taken from the type itself, so it is never behind it.
/// </summary>
internal static class RuleVerbs
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>The file's text.</summary>
    public static string Source()
    {
        var text = new StringBuilder("""
            // For editors only: the server compiles scripts against MailServer.Rules.RuleGlobals.
            #nullable enable
            #pragma warning disable
            global using static MailServer.Rules.Editing.RuleVerbs;

            """);
        foreach (var type in TypesForScripts().OrderBy(type => type.FullName, StringComparer.Ordinal))
            text.Append(type is { IsAbstract: true, IsSealed: true } ? $"global using static {type.FullName};\n" : $"global using {type.Name} = {type.FullName};\n");
        text.Append("namespace MailServer.Rules.Editing;\npublic static class RuleVerbs\n{\n");
        foreach (var member in typeof(RuleGlobals).GetMembers(Declared).Where(IsForScripts).OrderBy(member => member.MetadataToken))
            if (Declare(member) is { } declaration)
                text.Append(CultureInfo.InvariantCulture, $"    /// <inheritdoc cref=\"{DocumentationId(member)}\"/>\n")
                    .Append(Attributes(member)).Append("    public ").Append(declaration).Append('\n');
        return text.Append("}\n").ToString();
    }

    /// <summary>
    /// The types that scripts meet, and classes of extension methods, each by itself. Opening their namespaces would make <c>Mail</c> two
    /// things, the type and the mail at hand; between those the server's compiler decides, and a global using does not.
    /// </summary>
    private static HashSet<Type> TypesForScripts()
    {
        var ours = new[] { typeof(RuleGlobals).Assembly, typeof(Delivery).Assembly };
        HashSet<Type> found = [.. ours.SelectMany(assembly => assembly.GetExportedTypes()).Where(type => type.IsDefined(typeof(ExtensionAttribute), false) && IsForScripts(type))];
        Queue<Type> open = new([typeof(RuleGlobals)]);
        while (open.TryDequeue(out var type))
            foreach (var next in type.GetMembers(Declared).Where(IsForScripts).SelectMany(TypesOf).SelectMany(Unpacked))
                if (ours.Contains(next.Assembly) && !next.IsNested && found.Add(next))
                    open.Enqueue(next);
        found.RemoveWhere(type => type.IsGenericType || typeof(RuleGlobals).GetMember(type.Name).Length > 0);
        return found;
    }

    private static IEnumerable<Type> TypesOf(MemberInfo member) => member switch
    {
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)],
        _ => [],
    };

    private static IEnumerable<Type> Unpacked(Type type)
    {
        if (type.HasElementType)
            return Unpacked(type.GetElementType()!);
        return type.IsGenericType ? [type, .. type.GetGenericArguments().SelectMany(Unpacked)] : [type];
    }

    private static bool IsForScripts(MemberInfo member) =>
        member.GetCustomAttribute<EditorBrowsableAttribute>() is not { State: EditorBrowsableState.Never };

    private static string? Declare(MemberInfo member) => member switch
    {
        FieldInfo { IsLiteral: true } constant => $"const {NameOf(constant.FieldType)} {constant.Name} = global::{typeof(RuleGlobals).FullName}.{constant.Name};",
        PropertyInfo property => $"static {NameOf(property.PropertyType, Nullability.Create(property))} {property.Name} => throw null!;",
        MethodInfo { IsSpecialName: false, IsStatic: false, IsGenericMethod: false } method when method.GetBaseDefinition().DeclaringType == typeof(RuleGlobals) =>
            $"static {NameOf(method.ReturnType, Nullability.Create(method.ReturnParameter))} {method.Name}({string.Join(", ", method.GetParameters().Select(Declare))}) => throw null!;",
        _ => null,
    };

    private static string Declare(ParameterInfo parameter)
    {
        var line = parameter.IsDefined(typeof(CallerLineNumberAttribute)) ? "[global::System.Runtime.CompilerServices.CallerLineNumber] " : "";
        var many = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        return $"{line}{many}{NameOf(parameter.ParameterType, Nullability.Create(parameter))} @{parameter.Name}{Default(parameter)}";
    }

    private static string Default(ParameterInfo parameter) => parameter switch
    {
        { HasDefaultValue: false } => "",
        { RawDefaultValue: null } => " = default",
        { RawDefaultValue: string text } => $" = {Quote(text)}",
        { RawDefaultValue: bool value } => value ? " = true" : " = false",
        { ParameterType.IsEnum: true } => string.Create(CultureInfo.InvariantCulture, $" = ({NameOf(parameter.ParameterType)})({parameter.RawDefaultValue})"),
        _ => string.Create(CultureInfo.InvariantCulture, $" = {parameter.RawDefaultValue}"),
    };

    private static string Attributes(MemberInfo member)
    {
        var text = new StringBuilder();
        if (member.GetCustomAttribute<ObsoleteAttribute>() is { } obsolete)
            text.Append(CultureInfo.InvariantCulture, $"    [global::System.Obsolete({Quote(obsolete.Message ?? "")}, {(obsolete.IsError ? "true" : "false")})]\n");
        if (member.IsDefined(typeof(DoesNotReturnAttribute)))
            text.Append("    [global::System.Diagnostics.CodeAnalysis.DoesNotReturn]\n");
        return text.ToString();
    }

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string NameOf(Type type, NullabilityInfo? nullability = null)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
            return NameOf(value) + "?";
        var mark = !type.IsValueType && nullability is { ReadState: NullabilityState.Nullable } or { WriteState: NullabilityState.Nullable } ? "?" : "";
        if (type == typeof(void))
            return "void";
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        var name = (type.FullName ?? type.Name).Replace('+', '.');
        if (type.IsGenericType)
            name = $"{type.GetGenericTypeDefinition().FullName!.Split('`')[0].Replace('+', '.')}<{string.Join(", ", type.GetGenericArguments().Select(
                (argument, i) => NameOf(argument, nullability?.GenericTypeArguments.ElementAtOrDefault(i))))}>";
        return $"global::{name}{mark}";
    }

    /// <summary>How compilers name a member in a file of XML documentation.</summary>
    private static string DocumentationId(MemberInfo member)
    {
        var name = $"{typeof(RuleGlobals).FullName}.{member.Name}";
        return member switch
        {
            FieldInfo => $"F:{name}",
            PropertyInfo => $"P:{name}",
            MethodInfo method when method.GetParameters() is { Length: > 0 } parameters => $"M:{name}({string.Join(',', parameters.Select(parameter => DocumentationName(parameter.ParameterType)))})",
            _ => $"M:{name}",
        };
    }

    private static string DocumentationName(Type type)
    {
        if (type.IsArray)
            return DocumentationName(type.GetElementType()!) + "[]";
        return type.IsGenericType
            ? $"{type.GetGenericTypeDefinition().FullName!.Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(DocumentationName))}}}"
            : (type.FullName ?? type.Name).Replace('+', '.');
    }
}
