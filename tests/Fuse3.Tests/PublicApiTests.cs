using System.Reflection;

namespace Fuse3.Tests;

/// <summary>The surface of the package is the one in PublicApi.txt, so that every change of it shows in a diff.</summary>
public class PublicApiTests
{
    private const BindingFlags Declared
        = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext s_nullability = new();

    [Fact]
    public void The_surface_is_the_recorded_one()
    {
        var recorded = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "PublicApi.txt"));
        var actual = typeof(Fuse).Assembly.GetExportedTypes().OrderBy(type => type.Name, StringComparer.Ordinal).SelectMany(LinesOf).ToArray();

        var file = Path.Combine(AppContext.BaseDirectory, "PublicApi.actual.txt");
        File.WriteAllLines(file, actual);

        Assert.True(
            recorded.SequenceEqual(actual),
            $"If this is intended, copy {file} to PublicApi.txt:\n"
            + string.Concat(recorded.Except(actual).Select(line => $"-{line}\n")) + string.Concat(actual.Except(recorded).Select(line => $"+{line}\n")));
    }

    [Fact]
    public void The_assembly_needs_nothing_but_the_framework()
        => Assert.All(typeof(Fuse).Assembly.GetReferencedAssemblies(), assembly => Assert.Matches(@"^(System|Microsoft\.Win32)\.", assembly.Name));

    private static IEnumerable<string> LinesOf(Type type)
    {
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? (type.IsByRefLike ? "ref struct" : "struct") : "class";
        var modifiers = !type.IsClass ? "" : type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        Type[] bases = [.. type.IsClass && type.BaseType != typeof(object) ? [type.BaseType!] : Type.EmptyTypes, .. type.GetInterfaces()];
        var inherited = type.IsEnum || bases.Length == 0 ? "" : $" : {string.Join(", ", bases.Select(NameOf).Order(StringComparer.Ordinal))}";
        yield return $"{modifiers}{kind} {type.FullName}{inherited}";
        foreach (var line in type.GetMembers(Declared).Select(TextOf).OfType<string>().Order(StringComparer.Ordinal))
        {
            yield return $"    {line}";
        }
    }

    // Null for what is not visible to other assemblies, and for the methods of properties and of records.
    private static string? TextOf(MemberInfo member) => member switch
    {
        FieldInfo { IsPublic: true, IsLiteral: true } field => $"const {NameOf(field.FieldType)} {field.Name} = {field.GetRawConstantValue()}",
        FieldInfo { IsPublic: true, IsSpecialName: false } field => $"{NameOf(field.FieldType)} {field.Name}",
        PropertyInfo property when property.GetMethod is { } get && IsVisible(get) =>
            $"{ModifiersOf(get)}{NameOf(property.PropertyType)}{Mark(s_nullability.Create(property))} {property.Name} {{ get; {SetterOf(property)}}}",
        ConstructorInfo constructor when IsVisible(constructor) => $"new({ParametersOf(constructor)})",
        MethodInfo { IsSpecialName: false } method when IsVisible(method) && !method.Name.Contains('<', StringComparison.Ordinal) =>
            $"{ModifiersOf(method)}{NameOf(method.ReturnType)}{Mark(s_nullability.Create(method.ReturnParameter))} {method.Name}({ParametersOf(method)})",
        _ => null,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string ModifiersOf(MethodInfo method)
        => (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : method.DeclaringType!.IsInterface ? ""
            : method.GetBaseDefinition() != method ? "override " : method.IsVirtual && !method.IsFinal ? "virtual " : "");

    private static string SetterOf(PropertyInfo property) => property.SetMethod is not { IsPublic: true } set ? ""
        : set.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? "init; " : "set; ";

    private static string ParametersOf(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        (parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "") + NameOf(parameter.ParameterType)
        + Mark(s_nullability.Create(parameter)) + $" {parameter.Name}" + (parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "null"}" : "")));

    private static string Mark(NullabilityInfo info) => !info.Type.IsValueType && info.ReadState == NullabilityState.Nullable ? "?" : "";

    private static string NameOf(Type type) => type.IsByRef ? NameOf(type.GetElementType()!)
        : type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;
}
