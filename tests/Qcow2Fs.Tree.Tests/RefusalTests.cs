using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;

namespace Qcow2Fs.Tree.Tests;

public sealed class RefusalTests
{
    [Fact]
    public void Every_refusal_of_the_codec_has_an_errno_of_its_own()
    {
        var errnos = Enum.GetValues<HeaderError>().Select(e => ErrnoOf(new HeaderException(e, "why"))).ToList();
        Assert.Equal(errnos.Count, errnos.Distinct().Count());
        Assert.DoesNotContain((Errno)0, errnos);
    }

    [Fact]
    public void A_missing_image_does_not_look_like_a_missing_file() =>
        Assert.Equal(Errno.EIO, ErrnoOf(new ImageException(Errno.ENOENT, "gone")));

    [Fact]
    public void The_errno_of_an_image_in_use_is_passed_on() =>
        Assert.Equal(Errno.EBUSY, ErrnoOf(new ImageException(Errno.EBUSY, "in use")));

    [Fact]
    public void The_path_of_an_operation_is_filled_in_and_that_of_a_layer_below_kept()
    {
        var guard = new Guard();
        Assert.Equal("a: why", guard.Refuse("/a"u8, new TreeException(Errno.EPERM, "why")).Message);
        Assert.Equal("b: why", guard.Refuse("/a"u8, new TreeException(Errno.EPERM, "b", "why")).Message);
        Assert.Equal("b: why\n"u8.ToArray(), guard.LastError.ToArray());
    }

    [Fact]
    public void A_folder_keeps_the_refusals_of_its_images_with_their_path()
    {
        var folder = new Guard();
        new Guard(folder, "pool/a.qcow2").Refuse("header/size"u8, new TreeException(Errno.EINVAL, "why"));
        Assert.Equal("pool/a.qcow2/header/size: why\n"u8.ToArray(), folder.LastError.ToArray());
    }

    private static Errno ErrnoOf(Exception error) => new Guard().Refuse("path"u8, error).Errno;
}
