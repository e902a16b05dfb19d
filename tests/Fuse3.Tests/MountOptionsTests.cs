namespace Fuse3.Tests;

public class MountOptionsTests
{
    private const string Fixed = "attr_timeout=0,entry_timeout=0,negative_timeout=0";

    [Fact]
    public void Without_options_only_the_fixed_ones_remain()
    {
        Assert.Equal(Fixed, Argument(new()));
        Assert.Equal(Fixed + ",no_rofd_flush", new MountOptions().ToArgument(withNoReadOnlyFlush: true));
    }

    [Fact]
    public void Commas_and_backslashes_are_escaped()
        => Assert.Equal(Fixed + @",fsname=a\,b\\c,subtype=s", Argument(new() { FileSystemName = @"a,b\c", Subtype = "s" }));

    [Fact]
    public void Other_users_come_only_with_permission_checks()
        => Assert.Equal(Fixed + ",ro,allow_other,default_permissions", Argument(new() { ReadOnly = true, AllowOther = true }));

    [Fact]
    public void Extra_options_come_last()
        => Assert.Equal(Fixed + ",default_permissions,a=1,b", Argument(new() { DefaultPermissions = true, Extra = ["a=1", "b"] }));

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Options_that_C_cannot_take_are_refused(string option)
        => Assert.Throws<ArgumentException>(() => Argument(new() { Extra = [option] }));

    private static string Argument(MountOptions options) => options.ToArgument(withNoReadOnlyFlush: false);
}
