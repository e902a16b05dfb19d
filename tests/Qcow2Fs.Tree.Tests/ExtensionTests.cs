using System.Globalization;
using Mono.Unix.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

public sealed class ExtensionTests
{
    /// <summary>
    /// Random edits against a model: a list of (name, payload) in on-disk order. Every payload is unique, so a name that
    /// went over to another extension is noticed.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Names_stay_with_their_extensions(int seed)
    {
        var random = new Random(seed);
        using var tree = new TreeFixture(new HeaderBuilder().ClusterBits(12).Build());
        var model = new List<(string Name, int Payload)>();
        for (var step = 0; step < 120; step++)
        {
            var name = Name(random);
            var at = model.FindIndex(e => e.Name == name);
            switch (random.Next(3))
            {
                case 0 when at < 0:
                    tree.Write("extensions/" + name, Payload(step));
                    model.Add((name, step));
                    break;
                case 1 when at >= 0:
                    tree.Remove("extensions/" + name);
                    model.RemoveAt(at);
                    break;
                case 2 when at >= 0:
                    var target = Name(random);
                    tree.Rename("extensions/" + name, "extensions/" + target);
                    model[at] = (target, model[at].Payload);
                    model.RemoveAll(e => e.Name == target && e.Payload != model[at].Payload);
                    break;
            }

            Assert.Equal(model.Select(e => e.Name), tree.List("extensions"));
            Assert.All(model, e => Assert.Equal(Payload(e.Payload), tree.Read("extensions/" + e.Name)));
        }

        static string Name(Random random)
        {
            var ordinal = random.Next(1, 4);
            return "0x0000000" + random.Next(1, 4).ToString(CultureInfo.InvariantCulture) + (ordinal == 1 ? "" : $".{ordinal}");
        }

        static byte[] Payload(int number) => BitConverter.GetBytes(number);
    }

    [Theory]
    [InlineData("extensions/0X1aB", "0x000001ab")]
    [InlineData("extensions/0xffffffff", "0xffffffff")]
    public void A_magic_may_be_short_and_in_either_case(string path, string name)
    {
        using var tree = TreeFixture.Small();
        tree.Write(path, "x");
        Assert.Equal(name, tree.List("extensions").Last());
        Assert.Equal("x", tree.Text(path));
    }

    [Theory]
    [InlineData("extensions/0x0")]
    [InlineData("extensions/0x00000000")]
    [InlineData("extensions/0x123456789")]
    [InlineData("extensions/0x")]
    [InlineData("extensions/12345678")]
    [InlineData("extensions/0xxyz")]
    [InlineData("extensions/0x1.1")]
    [InlineData("extensions/0x1.02")]
    [InlineData("extensions/0x1.+2")]
    [InlineData("extensions/0x51324653")]
    [InlineData("features/incompatible/64")]
    [InlineData("features/incompatible/00")]
    [InlineData("features/autoclear/dirty")]
    public void What_is_no_name_cannot_be_created(string path)
    {
        using var tree = TreeFixture.Small();
        tree.Refused(Errno.EINVAL, () => tree.Create(path));
    }

    [Fact]
    public void A_handle_is_one_update_at_its_flush_and_room_is_judged_in_write()
    {
        using var tree = new TreeFixture(new HeaderBuilder().ClusterBits(9).Build());
        var handle = tree.Create("extensions/0x1");
        var before = tree.Bytes;
        handle.Write(3, "abc"u8, append: false);
        handle.Write(0, "123"u8, append: false);
        Assert.Equal(before, tree.Bytes);
        handle.Flush();
        var after = tree.Bytes;
        handle.Flush();
        Assert.Equal(after, tree.Bytes);
        Assert.Equal("123abc", tree.Text("extensions/0x1"));
        handle.Write(6, "4"u8, append: false);
        tree.Refused(Errno.ENOSPC, () => handle.Write(7, new byte[400], append: false));
        tree.Refused(Errno.ENOSPC, () => handle.Write(long.MaxValue - 10, new byte[1], append: false));
        handle.Flush();
        Assert.Equal("123abc4", tree.Text("extensions/0x1"));
        handle.Truncate(2);
        handle.Flush();
        handle.Release();
        Assert.Equal("12", tree.Text("extensions/0x1"));
        tree.Tree.Truncate("extensions/0x1"u8, 4);
        Assert.Equal("12\0\0", tree.Text("extensions/0x1"));
    }

    [Fact]
    public void A_file_removed_while_open_is_not_created_again()
    {
        using var tree = TreeFixture.Small();
        tree.Write("extensions/0x1", "x");
        var handle = tree.Open("extensions/0x1", write: true);
        tree.Remove("extensions/0x1");
        tree.Refused(Errno.ESTALE, () => handle.Write(0, "y"u8, append: false));
        handle.Release();
    }

    [Fact]
    public void A_malformed_rest_stops_what_moves_the_list_and_nothing_else()
    {
        using var tree = new TreeFixture(new HeaderBuilder().Extension(1, "first").Extension(2, "long"u8.ToArray(), claimed: 0x7fffffff)
            .Build());
        Assert.Equal(["0x00000001", "malformed"], tree.List("extensions"));
        Assert.Equal(0x10000 - 112 - 16, tree.Read("extensions/malformed").Length);
        tree.Refused(Errno.EUCLEAN, () => tree.Create("extensions/0x3"));
        tree.Refused(Errno.EUCLEAN, () => tree.Remove("extensions/0x1"));
        tree.Refused(Errno.EUCLEAN, () => tree.Write("backing_file", "x"));
        tree.Refused(Errno.EUCLEAN, () => tree.Open("extensions/malformed", write: true));
        tree.Write("header/size", "1M");
        tree.Create("features/incompatible/dirty").Release();
        tree.Remove("extensions/malformed");
        Assert.Equal(["0x00000001"], tree.List("extensions"));
        tree.Write("extensions/0x3", "works");
    }
}
