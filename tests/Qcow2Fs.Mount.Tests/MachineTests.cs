namespace Qcow2Fs.Mount.Tests;

public class MachineTests
{
    [Fact]
    public void The_machine_has_a_fuse_device_and_every_program_that_the_tests_use()
    {
        Machine.RequireFuse();
        Assert.Empty(Machine.Programs.Where(p => !Machine.Has(p.Program)).Select(p => $"{p.Program} (Debian: package {p.Package})"));
    }
}
