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
        var types = typeof(Fuse).Assembly.GetExportedTypes().OrderBy(type => type.Name, StringComparer.Ordinal);
        string[] actual = [.. types.SelectMany(LinesOf)];
        var file = Path.Combine(AppContext.BaseDirectory, "PublicApi.actual.txt");
        File.WriteAllLines(file, actual);

        var removed = recorded.Except(actual).Select(line => $"-{line}\n");
        var added = actual.Except(recorded).Select(line => $"+{line}\n");
        Assert.True(recorded.SequenceEqual(actual), $"If intended, copy {file} to PublicApi.txt:\n{string.Concat(removed.Concat(added))}");
    }

    [Fact]
    public void The_assembly_needs_nothing_but_the_framework()
    {
        var references = typeof(Fuse).Assembly.GetReferencedAssemblies();
        Assert.All(references, assembly => Assert.Matches(@"^(System|Microsoft\.Win32)\.", assembly.Name));
    }

    [Fact]
    public void The_readme_names_every_type_and_operation()
    {
        var readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "../../../../../src/Fuse3/README.md"));
        var reference = readme[readme.IndexOf("## Reference", StringComparison.Ordinal)..];
        var names = typeof(Fuse).Assembly.GetExportedTypes().Select(type => type.Name)
            .Concat(typeof(FuseFileSystemBase).GetMethods(Declared).Where(method => method.IsVirtual).Select(method => method.Name));
        Assert.All(names, name => Assert.Contains($"`{name}`", reference, StringComparison.Ordinal));
    }

    private static IEnumerable<string> LinesOf(Type type)
    {
        var kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsByRefLike: true } => "ref struct",
            { IsValueType: true } => "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        Type[] bases = [.. type.IsClass && type.BaseType != typeof(object) ? [type.BaseType!] : Type.EmptyTypes, .. type.GetInterfaces()];
        var inherited = string.Join(", ", bases.Select(NameOf).Order(StringComparer.Ordinal));
        yield return $"{kind} {type.FullName}" + (type.IsEnum || bases.Length == 0 ? "" : $" : {inherited}");
        foreach (var line in type.GetMembers(Declared).Select(TextOf).OfType<string>().Order(StringComparer.Ordinal))
        {
            yield return $"    {line}";
        }
    }

    // Null for members that other assemblies cannot see, and for the methods of properties and records.
    private static string? TextOf(MemberInfo member)
    {
        switch (member)
        {
            case FieldInfo { IsPublic: true, IsLiteral: true } field:
                return $"const {NameOf(field.FieldType)} {field.Name} = {field.GetRawConstantValue()}";
            case FieldInfo { IsPublic: true, IsSpecialName: false } field:
                return $"{NameOf(field.FieldType)} {field.Name}";
            case PropertyInfo { GetMethod: { } get } property when IsVisible(get):
                var type = NameOf(property.PropertyType) + Mark(s_nullability.Create(property));
                return $"{ModifiersOf(get)}{type} {property.Name} {{ get; {SetterOf(property)}}}";
            case ConstructorInfo constructor when IsVisible(constructor):
                return $"new({ParametersOf(constructor)})";
            case MethodInfo { IsSpecialName: false } method when IsVisible(method) && !method.Name.Contains('<', StringComparison.Ordinal):
                var result = NameOf(method.ReturnType) + Mark(s_nullability.Create(method.ReturnParameter));
                return $"{ModifiersOf(method)}{result} {method.Name}({ParametersOf(method)})";
            default:
                return null;
        }
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string ModifiersOf(MethodInfo method)
    {
        var modifier = method switch
        {
            { IsStatic: true } => "static ",
            { DeclaringType.IsInterface: true } => "",
            _ when method.GetBaseDefinition() != method => "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
        return method.IsPublic ? modifier : $"protected {modifier}";
    }

    private static string SetterOf(PropertyInfo property) => property.SetMethod switch
    {
        not { IsPublic: true } => "",
        { } set when set.ReturnParameter.GetRequiredCustomModifiers().Length > 0 => "init; ",
        _ => "set; ",
    };

    private static string ParametersOf(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
    {
        var passing = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "";
        var standard = parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "null"}" : "";
        return $"{passing}{NameOf(parameter.ParameterType)}{Mark(s_nullability.Create(parameter))} {parameter.Name}{standard}";
    }));

    private static string Mark(NullabilityInfo info) => !info.Type.IsValueType && info.ReadState == NullabilityState.Nullable ? "?" : "";

    private static string NameOf(Type type)
    {
        if (type.IsByRef)
        {
            return NameOf(type.GetElementType()!);
        }

        var arguments = string.Join(", ", type.GetGenericArguments().Select(NameOf));
        return type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{arguments}>" : type.Name;
    }
}
