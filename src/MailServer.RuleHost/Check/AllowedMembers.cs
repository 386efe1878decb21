using MailServer.Rules;
using Microsoft.CodeAnalysis;

namespace MailServer.RuleHost;

/// <summary>
/// What a user's script may name, by documentation id: text, numbers, dates, collections, LINQ, and the rules' API. Everything else is refused, so what a new
/// version of the framework brings is out until somebody has looked at it. This keeps honest people honest; the process is the border.
/// </summary>
internal sealed class AllowedMembers
{
    private const string Generic = "System.Collections.Generic.";

    // Whole types: nothing in them reaches beyond the values themselves.
    private static readonly string[] Types =
    [
        "System.Boolean", "System.Byte", "System.SByte", "System.Int16", "System.UInt16", "System.Int32", "System.UInt32", "System.Int64", "System.UInt64",
        "System.Char", "System.Double", "System.Single", "System.Decimal", "System.String", "System.Void", "System.Nullable", "System.Nullable`1",
        "System.DateTime", "System.DateTimeOffset", "System.TimeSpan", "System.DateOnly", "System.TimeOnly", "System.DayOfWeek", "System.DateTimeKind",
        "System.StringComparison", "System.StringComparer", "System.StringSplitOptions", "System.Math", "System.MidpointRounding", "System.Index", "System.Range",
        "System.IDisposable", "System.IComparable", "System.IComparable`1", "System.IEquatable`1", "System.IFormattable",
        "System.Span`1", "System.ReadOnlySpan`1", "System.Span`1.Enumerator", "System.ReadOnlySpan`1.Enumerator", "System.MemoryExtensions",
        "System.Runtime.CompilerServices.DefaultInterpolatedStringHandler", "System.Text.StringBuilder", "System.Text.Rune", "System.Text.StringRuneEnumerator", "System.Globalization.NumberStyles", "System.Globalization.DateTimeStyles",
        "System.Collections.IEnumerable", "System.Collections.IEnumerator",
        Generic + "IEnumerable`1", Generic + "IEnumerator`1", Generic + "ICollection`1", Generic + "IList`1", Generic + "IDictionary`2", Generic + "ISet`1",
        Generic + "IReadOnlyCollection`1", Generic + "IReadOnlyList`1", Generic + "IReadOnlyDictionary`2", Generic + "IReadOnlySet`1",
        Generic + "IComparer`1", Generic + "IEqualityComparer`1", Generic + "Comparer`1", Generic + "EqualityComparer`1", Generic + "KeyValuePair", Generic + "KeyValuePair`2",
        Generic + "List`1", Generic + "List`1.Enumerator", Generic + "HashSet`1", Generic + "HashSet`1.Enumerator", Generic + "SortedSet`1", Generic + "SortedSet`1.Enumerator",
        Generic + "Queue`1", Generic + "Queue`1.Enumerator", Generic + "Stack`1", Generic + "Stack`1.Enumerator",
        Generic + "Dictionary`2", Generic + "Dictionary`2.Enumerator", Generic + "Dictionary`2.KeyCollection", Generic + "Dictionary`2.KeyCollection.Enumerator",
        Generic + "Dictionary`2.ValueCollection", Generic + "Dictionary`2.ValueCollection.Enumerator", Generic + "CollectionExtensions",
        Generic + "SortedDictionary`2", Generic + "SortedDictionary`2.Enumerator", Generic + "SortedDictionary`2.KeyCollection", Generic + "SortedDictionary`2.ValueCollection",
        "System.Linq.Enumerable", "System.Linq.IGrouping`2", "System.Linq.ILookup`2", "System.Linq.Lookup`2", "System.Linq.IOrderedEnumerable`1",
    ];

    // Types of which a script may use some members; the type itself may be named. Delegates can be called, which needs no entry.
    private static readonly (string Type, string[] Members)[] Parts =
    [
        ("System.Object", [".ctor", "Equals", "GetHashCode", "ToString", "ReferenceEquals"]),
        ("System.Enum", ["ToString", "HasFlag", "Equals", "CompareTo"]),
        ("System.ValueType", ["Equals", "GetHashCode", "ToString"]),
        ("System.Array", ["Length", "Empty", "IndexOf", "LastIndexOf", "Exists", "Find", "FindAll", "FindLast", "FindIndex", "FindLastIndex", "ForEach", "Reverse", "Sort", "ConvertAll", "TrueForAll", "GetLength"]),
        ("System.Convert", ["ToBoolean", "ToInt32", "ToInt64", "ToDouble", "ToDecimal", "ToString"]),
        ("System.Globalization.CultureInfo", ["InvariantCulture"]),
        ("System.Exception", [".ctor", "Message"]),
        ("System.ArgumentException", [".ctor"]),
        ("System.FormatException", [".ctor"]),
        ("System.InvalidOperationException", [".ctor"]),
        ("System.NotSupportedException", [".ctor"]),
        ("System.Predicate`1", [".ctor"]),
        ("System.Comparison`1", [".ctor"]),
        ("System.Converter`2", [".ctor"]),
        ("System.Action", [".ctor"]),
        .. Enumerable.Range(1, 16).Select(count => ($"System.Action`{count}", new[] { ".ctor" })),
        .. Enumerable.Range(1, 17).Select(count => ($"System.Func`{count}", new[] { ".ctor" })),
        .. Enumerable.Range(1, 8).Select(count => ($"System.ValueTuple`{count}", new[] { ".ctor", "Equals", "ToString", "GetHashCode", "CompareTo", "Item1", "Item2", "Item3", "Item4", "Item5", "Item6", "Item7", "Rest" })),
    ];

    private static readonly HashSet<string> Whole = [.. Types];
    private static readonly Dictionary<string, HashSet<string>> Some = Parts.ToDictionary(part => part.Type, part => part.Members.ToHashSet());

    private readonly HashSet<INamedTypeSymbol> _api = new(SymbolEqualityComparer.Default);
    private readonly IAssemblySymbol _script;

    public AllowedMembers(Compilation compilation)
    {
        _script = compilation.Assembly;
        // The API is what can be reached from what a script is given, and the words that make times.
        foreach (var root in new[] { typeof(RuleGlobals).FullName, "MailServer.Rules.Durations" })
            if (compilation.GetTypeByMetadataName(root!) is { } type)
                AddApi(type);
    }

    /// <summary>Whether a type may be named.</summary>
    public bool Allows(ITypeSymbol type) => type switch
    {
        IErrorTypeSymbol or ITypeParameterSymbol => true,
        IArrayTypeSymbol array => Allows(array.ElementType),
        IDynamicTypeSymbol or IPointerTypeSymbol or IFunctionPointerTypeSymbol => false,
        INamedTypeSymbol named => (IsOwn(named) || IsKnown(named)) && named.TypeArguments.All(Allows),
        _ => false,
    };

    /// <summary>Whether a member may be used.</summary>
    public bool Allows(ISymbol member)
    {
        if (member is IMethodSymbol { MethodKind: MethodKind.BuiltinOperator or MethodKind.DelegateInvoke or MethodKind.LocalFunction or MethodKind.AnonymousFunction }
            || member.ContainingType is not { } type || IsOwn(type) || type.IsTupleType)
            return true;
        var definition = type.OriginalDefinition;
        return _api.Contains(definition) || Whole.Contains(NameOf(definition))
            || (Some.TryGetValue(NameOf(definition), out var members) && members.Contains((member as IMethodSymbol)?.AssociatedSymbol?.Name ?? member.Name));
    }

    private bool IsOwn(INamedTypeSymbol type) => type.IsAnonymousType || SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, _script);

    private bool IsKnown(INamedTypeSymbol type) =>
        type.OriginalDefinition is var definition && (_api.Contains(definition) || Whole.Contains(NameOf(definition)) || Some.ContainsKey(NameOf(definition)));

    // A documentation id without its "T:".
    private static string NameOf(INamedTypeSymbol type) => type.GetDocumentationCommentId() is { Length: > 2 } id ? id[2..] : "";

    private void AddApi(ITypeSymbol? type)
    {
        if (type is IArrayTypeSymbol array)
            AddApi(array.ElementType);
        if (type is not INamedTypeSymbol named)
            return;
        foreach (var argument in named.TypeArguments)
            AddApi(argument);
        if (named.ContainingAssembly?.Name is not ("MailServer.Rules" or "MailServer.Abstractions") || !_api.Add(named.OriginalDefinition))
            return;
        foreach (var member in named.OriginalDefinition.GetMembers().Where(member => member.DeclaredAccessibility is Accessibility.Public))
            AddApi(member switch
            {
                IPropertySymbol property => property.Type,
                IFieldSymbol field => field.Type,
                IMethodSymbol method => method.ReturnType,
                _ => null,
            });
    }
}
