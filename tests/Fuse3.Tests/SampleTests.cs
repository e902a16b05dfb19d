using System.Diagnostics;

namespace Fuse3.Tests;

/// <summary>samples/HelloFs works when it is built in this solution, and when it is built against the package.</summary>
public class SampleTests
{
    private const int Limit = 600_000;

    /// <summary>The sources, seen from tests/Fuse3.Tests/bin/CONFIGURATION/FRAMEWORK.</summary>
    private static readonly string s_top = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    private static readonly string s_sample = Path.Combine(s_top, "samples/HelloFs/Program.cs");

    [Fact(Timeout = Limit)]
    public Task The_sample_mounts_reads_and_unmounts()
        => CheckAsync(Path.Combine(AppContext.BaseDirectory, "HelloFs.dll"));

    /// <summary>Needs no network: the only source of packages is a folder, and the package cache is empty.</summary>
    [Trait("Category", "Slow")]
    [Fact(Timeout = Limit)]
    public async Task The_package_serves_a_project_outside_of_this_repository()
    {
        using var directory = new TestDirectory();
        var configuration = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;
        (await DotnetAsync(
            "pack", Path.Combine(s_top, "src/Fuse3"), "--no-build", "-c", configuration, "-o", directory.Path, "-nologo")).Succeeded();
        Assert.Single(Directory.GetFiles(directory.Path, "Fuse3.*.snupkg"));
        File.Copy(s_sample, Path.Combine(directory.Path, "Program.cs"));
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "nuget.config"), """
            <configuration>
              <packageSources><clear /><add key="folder" value="." /></packageSources>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
            </configuration>
            """);
        var project = Path.Combine(directory.Path, "Hello.csproj");
        await File.WriteAllTextAsync(project, """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>packages</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Fuse3" Version="*-*" />
              </ItemGroup>
            </Project>
            """);

        (await DotnetAsync("build", project, "-o", Path.Combine(directory.Path, "out"), "-nologo")).Succeeded();

        await CheckAsync(Path.Combine(directory.Path, "out/Hello.dll"));
    }

    [Fact]
    public void The_readme_shows_the_sample()
        => Assert.Contains(
            $"```csharp\n{File.ReadAllText(s_sample)}```\n",
            File.ReadAllText(Path.Combine(s_top, "src/Fuse3/README.md")), StringComparison.Ordinal);

    // Without build servers: they would stay and keep the pipes of this test open.
    private static Task<ChildResult> DotnetAsync(params string[] arguments)
        => Child.RunAsync(
            TimeSpan.FromMilliseconds(Limit),
            "env",
            ["MSBUILDDISABLENODEREUSE=1", "DOTNET_CLI_USE_MSBUILD_SERVER=0", "DOTNET_NOLOGO=1", "UseSharedCompilation=false",
                Environment.ProcessPath!, .. arguments]);

    private static async Task CheckAsync(string program)
    {
        using var directory = new TestDirectory();
        using var server = Process.Start(Environment.ProcessPath!, ["exec", program, directory.Path]);
        try
        {
            await Wait.UntilAsync(() => server.HasExited || directory.CountMounts() == 1, "the sample did not mount");

            Assert.Equal("hello.txt\n", (await Child.ShellAsync("ls $1", directory.Path)).Succeeded());
            Assert.Equal("Hello, world!\n", (await Child.ShellAsync("cat $1/hello.txt", directory.Path)).Succeeded());
            Assert.Equal("444 14\n", (await Child.ShellAsync("stat -c '%a %s' $1/hello.txt", directory.Path)).Succeeded());
            (await Child.ShellAsync("echo >$1/hello.txt", directory.Path)).Failed();
            (await Child.ShellAsync("cat $1/other", directory.Path)).Failed();

            (await Child.ShellAsync("kill $1", $"{server.Id}")).Succeeded();
            await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(0, server.ExitCode);
            Assert.Equal(0, directory.CountMounts());
        }
        finally
        {
            server.Kill();
        }
    }
}
