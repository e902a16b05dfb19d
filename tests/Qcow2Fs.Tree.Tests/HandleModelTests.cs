using System.Globalization;
using System.Text;
using Qcow2Fs.TestKit;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Tests;

/// <summary>
/// Random operations on several handles of three files at once - a text, an extension, header.bin - against a model in memory:
/// what each handle shows, what others see, and what is on disk, after every step.
/// </summary>
[Trait("Category", "Slow")]
public class HandleModelTests
{
    private const string Extension = "extensions/0x1";
    private const string Text = "header/size";
    private const string Raw = "header.bin";
    private const int ClusterSize = 1 << 16;

    // Where nothing of the header is, so that raw writes damage nothing.
    private const int FreeStart = 40_000;
    private const int Steps = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Handles_do_what_the_model_does(int number)
    {
        var random = new Random(Seed.First + (1000 * number));
        using var tree = new TreeFixture(new HeaderBuilder().Field("size", 1 << 30).Backing("base.img").Extension(1, "first")
            .Extension(2, "second").Build());
        var model = new Model(tree);
        for (var step = 0; step < Steps; step++)
        {
            var what = model.Step(random);
            try
            {
                model.Compare();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"after step {step}, {what}: {e.Message}", e);
            }
        }
    }

    private sealed class Model(TreeFixture tree)
    {
        private readonly List<Opened> _handles = [];
        private readonly byte[] _free = new byte[ClusterSize - FreeStart];
        private byte[] _extension = "first"u8.ToArray();
        private ulong _size = 1 << 30;

        public string Step(Random random)
        {
            if (_handles.Count < 5 && random.Next(4) == 0)
            {
                return Open(random);
            }

            if (_handles.Count == 0 || random.Next(12) == 0)
            {
                var length = random.Next(600);
                tree.Tree.Truncate(Encoding.ASCII.GetBytes(Extension), length);
                Array.Resize(ref _extension, length);
                return $"truncate(2) to {length}";
            }

            var handle = _handles[random.Next(_handles.Count)];
            switch (random.Next(10))
            {
                case 0:
                    handle.Close(this);
                    _handles.Remove(handle);
                    return $"close of {handle.Path}";
                case 1 when random.Next(2) == 0:
                    handle.Sync(this);
                    return $"fsync of {handle.Path}";
                case 1:
                    handle.Flush(this);
                    return $"flush of {handle.Path}";
                case 2:
                    var length = random.Next(800);
                    handle.Truncate(length);
                    return $"ftruncate of {handle.Path} to {length}";
                default:
                    return handle.Write(this, random);
            }
        }

        /// <summary>All handles, a new one of each file, and a second reader of the bytes on disk.</summary>
        public void Compare()
        {
            foreach (var handle in _handles)
            {
                Assert.Equal(handle.Content, handle.Real.Content.ToArray());
            }

            Assert.Equal(_extension, tree.Read(Extension));
            Assert.Equal($"{_size}\n", tree.Text(Text));
            var bytes = tree.Bytes;
            Assert.Equal(_free, bytes[FreeStart..ClusterSize]);
            Assert.Equal(bytes[..ClusterSize], tree.Read(Raw));
            var header = ReferenceReader.Read(bytes);
            Assert.Equal([1u, 2u], header.Extensions.Select(e => e.Magic));
            Assert.Equal(_extension, header.Extensions[0].Payload);
            Assert.Equal("second"u8.ToArray(), header.Extensions[1].Payload);
        }

        private string Open(Random random)
        {
            var path = new[] { Extension, Extension, Text, Raw }[random.Next(4)];
            var truncate = random.Next(2) == 0;
            var real = tree.Open(path, write: true, truncate);
            _handles.Add(path switch
            {
                Extension => new OpenedExtension(real, _extension, truncate),
                Text => new OpenedText(real, truncate ? "" : $"{_size}\n"),
                _ => new OpenedRaw(real, tree.Bytes[..ClusterSize]),
            });
            return $"open of {path}{(truncate ? " with O_TRUNC" : "")}";
        }

        private abstract class Opened(string path, FileHandle real)
        {
            public string Path => path;

            public FileHandle Real => real;

            public abstract byte[] Content { get; }

            public abstract string Write(Model model, Random random);

            public virtual void Truncate(int length) => real.Truncate(length);

            public virtual void Flush(Model model) => real.Flush();

            public virtual void Sync(Model model) => real.Sync();

            public virtual void Close(Model model)
            {
                Flush(model);
                real.Release();
            }
        }

        private sealed class OpenedExtension(FileHandle real, byte[] content, bool truncate) : Opened(Extension, real)
        {
            private byte[] _base = content;
            private byte[] _content = truncate ? [] : content;
            private bool _hasBytes;
            private bool _hasTruncation = truncate && content.Length > 0;
            private bool _isRefused;
            private bool _isWhole = truncate;
            private bool _onlyAppends = !truncate;

            public override byte[] Content => _content;

            public override string Write(Model model, Random random)
            {
                var append = random.Next(4) == 0;
                var offset = random.Next(20) == 0 ? 1L << random.Next(17, 60) : random.Next(700);
                var data = new byte[random.Next(1, 100)];
                random.NextBytes(data);
                if (!append && offset >= ClusterSize)
                {
                    Assert.Throws<TreeException>(() => Real.Write(offset, data, append));
                    _isRefused = true;
                    return $"write far past the end of {Path}";
                }

                Real.Write(offset, data, append);
                offset = append ? _content.Length : offset;
                Resize(Math.Max(_content.Length, (int)offset + data.Length));
                data.CopyTo(_content, offset);
                _hasBytes = true;
                _onlyAppends &= append;
                return $"write of {data.Length} bytes at {offset} of {Path}";
            }

            public override void Truncate(int length)
            {
                base.Truncate(length);
                Resize(length);
                _onlyAppends = false;
                _isWhole |= length == 0;
                _hasBytes |= length > 0;
                _hasTruncation |= length == 0;
            }

            public override void Flush(Model model) => Commit(model, Real.Flush, _hasBytes);

            public override void Sync(Model model) => Commit(model, Real.Sync, _hasBytes || (_hasTruncation && !_isRefused));

            public override void Close(Model model)
            {
                Flush(model);
                Commit(model, Real.Release, !_hasBytes && _hasTruncation && !_isRefused);
            }

            private void Commit(Model model, Action commit, bool isExpected)
            {
                var isChanged = !model._extension.SequenceEqual(_base);
                if (isExpected && isChanged && !_onlyAppends && !_isWhole)
                {
                    // A part of something else than what was read.
                    Assert.Throws<TreeException>(commit);
                    return;
                }

                commit();
                if (isExpected)
                {
                    _content = isChanged && _onlyAppends ? [.. model._extension, .. _content[_base.Length..]] : _content;
                    _base = model._extension = _content;
                    (_hasBytes, _hasTruncation, _isRefused, _isWhole, _onlyAppends) = (false, false, false, false, true);
                }
            }

            private void Resize(int length)
            {
                Array.Resize(ref _content, length);
                _content = [.. _content];
                _isRefused = false;
            }
        }

        private sealed class OpenedText(FileHandle real, string text) : Opened(HandleModelTests.Text, real)
        {
            private string _text = text;

            public override byte[] Content => Encoding.ASCII.GetBytes(_text);

            public override string Write(Model model, Random random)
            {
                var data = random.Next(6) == 0 ? "\n"
                    : string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => (char)random.Next('1', '9' + 1)));
                var offset = random.Next(3) == 0 ? 0 : random.Next(_text.Length + 2);
                var after = offset == 0 ? data : offset + data.Length < _text.Length
                    ? _text[..offset] + data + _text[(offset + data.Length)..] : _text[..Math.Min(offset, _text.Length)] + data;
                var value = after.EndsWith('\n') ? after[..^1] : after;
                var isNumber = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
                if (offset > _text.Length || (data != "\n" && !isNumber))
                {
                    Assert.Throws<TreeException>(() => Real.Write(offset, Encoding.ASCII.GetBytes(data), append: false));
                    return $"refused write of {data} at {offset} of {Path}";
                }

                Real.Write(offset, Encoding.ASCII.GetBytes(data), append: false);
                _text = after;
                model._size = data == "\n" ? model._size : number;
                return $"write of {data} at {offset} of {Path}";
            }

            public override void Truncate(int length)
            {
                base.Truncate(length);
                _text = _text[..Math.Min(length, _text.Length)];
            }
        }

        private sealed class OpenedRaw(FileHandle real, byte[] content) : Opened(Raw, real)
        {
            private byte[] _content = content;

            public override byte[] Content => _content;

            public override string Write(Model model, Random random)
            {
                var data = new byte[random.Next(1, 2000)];
                random.NextBytes(data);
                var offset = random.Next(FreeStart, ClusterSize + 500);
                if (offset + data.Length > ClusterSize)
                {
                    Assert.Throws<TreeException>(() => Real.Write(offset, data, append: false));
                    return $"write over the end of {Path}";
                }

                Real.Write(offset, data, append: false);
                data.CopyTo(model._free, offset - FreeStart);
                _content = model.Bytes;
                return $"write of {data.Length} bytes at {offset} of {Path}";
            }
        }

        private byte[] Bytes => tree.Bytes[..ClusterSize];
    }
}
