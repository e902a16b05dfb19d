using Mono.Unix.Native;

namespace Qcow2Fs.Image.Tests;

public class ImageExceptionTests
{
    [Theory]
    [InlineData(Errno.ENOENT, ImageError.NotFound)]
    [InlineData(Errno.ENOTDIR, ImageError.NotFound)]
    [InlineData(Errno.ELOOP, ImageError.NotAFile)]
    [InlineData(Errno.EISDIR, ImageError.NotAFile)]
    [InlineData(Errno.EACCES, ImageError.NoPermission)]
    [InlineData(Errno.EPERM, ImageError.NoPermission)]
    [InlineData(Errno.EROFS, ImageError.ReadOnly)]
    [InlineData(Errno.ETXTBSY, ImageError.Busy)]
    [InlineData(Errno.ESTALE, ImageError.Stale)]
    [InlineData(Errno.ENOSPC, ImageError.NoRoom)]
    [InlineData(Errno.EDQUOT, ImageError.NoRoom)]
    [InlineData(Errno.EIO, ImageError.Io)]
    [InlineData(Errno.ENOMEDIUM, ImageError.Io)]
    public void The_systems_errors_have_a_kind_and_a_sentence(Errno errno, ImageError error)
    {
        var e = ImageException.Of(errno, "cannot be opened");
        Assert.Equal((error, errno), (e.Error, e.Errno));
        Assert.Matches("^the image cannot be opened: [A-Z][^.]*$", e.Message);
    }
}
