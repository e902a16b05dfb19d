using System.Globalization;

namespace Fuse3.Tests;

/// <summary>Compiles layout.c against the installed headers and runs it, once.</summary>
public sealed class CompiledLayout : IAsyncLifetime
{
    private Dictionary<string, long> _values = [];

    public long this[string name] => _values[name];

    public async Task InitializeAsync()
    {
        using var directory = new TestDirectory();
        var program = Path.Combine(directory.Path, "layout");
        (await Child.RunAsync("gcc", "-Wall", "-Werror", "-o", program, Path.Combine(AppContext.BaseDirectory, "layout.c"))).Succeeded();
        var lines = (await Child.RunAsync(program)).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _values = lines.ToDictionary(
            line => line[..line.LastIndexOf(' ')],
            line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
