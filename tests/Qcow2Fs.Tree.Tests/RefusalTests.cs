using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;

namespace Qcow2Fs.Tree.Tests;

public sealed class RefusalTests
{
    [Fact]
    public void Every_refusal_of_the_codec_has_an_errno_of_its_own()
    {
        var errnos = Enum.GetValues<HeaderError>().Select(TreeException.ErrnoOf).ToList();
        Assert.Equal(errnos.Count, errnos.Distinct().Count());
        Assert.DoesNotContain((Errno)0, errnos);
    }

    [Fact]
    public void A_missing_image_does_not_look_like_a_missing_file() =>
        Assert.Equal(Errno.EIO, TreeException.ErrnoOf(new ImageException(Errno.ENOENT, "gone")));

    [Fact]
    public void The_errno_of_an_image_in_use_is_passed_on() =>
        Assert.Equal(Errno.EBUSY, TreeException.ErrnoOf(new ImageException(Errno.EBUSY, "in use")));
}
