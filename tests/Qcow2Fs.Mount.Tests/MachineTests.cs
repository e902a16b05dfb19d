namespace Qcow2Fs.Mount.Tests;

public class MachineTests
{
    public static TheoryData<string> Programs => [.. Machine.Programs.Select(p => p.Program)];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_program_that_the_tests_use_is_installed(string program) => Machine.Require(program);

    [Fact]
    public void There_is_a_fuse_device() => Machine.RequireFuse();
}
