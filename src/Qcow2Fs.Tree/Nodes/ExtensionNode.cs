using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>One extension's payload, byte for byte, found by its magic and its number among those of the same magic.</summary>
internal sealed class ExtensionNode(uint magic, int ordinal) : FileNode(TreePath.ExtensionName(magic, ordinal))
{
    public uint Magic => magic;

    public int Ordinal => ordinal;

    internal override bool IsWritable => true;

    internal override string SummaryIn(Header header) => KnownExtensions.NameOf(magic) ?? "unknown";

    internal override bool Exists(ImageView view, Header header) => IndexIn(view, header) >= 0;

    internal override long Size(ImageView view)
    {
        var header = view.Header;
        return IndexIn(view, header) is >= 0 and var index ? header.Extensions.Items[index].Length : 0;
    }

    // A name stands for the same extension, whichever object says it.
    public override bool Equals(object? obj) => obj is ExtensionNode other && (other.Magic, other.Ordinal) == (Magic, Ordinal);

    public override int GetHashCode() => HashCode.Combine(magic, ordinal);

    internal override FileHandle Open(ImageView view, bool write, bool truncate)
    {
        var header = view.Header;
        var index = IndexIn(view, header);
        return new RawHandle(view, this, index < 0 ? [] : header.DataOf(header.Extensions.Items[index]), truncate, isNew: index < 0);
    }

    /// <summary>It comes to exist when the handle that creates it is flushed; that it can is judged now.</summary>
    internal override void Create(ImageView view) => view.Validate(header => WithData(view, header, [], isNew: true));

    internal override void Remove(ImageView view)
    {
        var before = view.Change(header => header.WithoutExtension(RequireIndex(view, header)));
        view.ExtensionNames.Removed(before, magic, ordinal);
    }

    internal override void Truncate(ImageView view, long length) => view.Change(header =>
    {
        var data = header.DataOf(header.Extensions.Items[RequireIndex(view, header)]);
        if (length > header.ClusterSize)
        {
            throw new HeaderException(HeaderError.NoRoom, $"{length} bytes do not fit the first cluster");
        }

        var resized = new byte[length];
        data[..(int)Math.Min(length, data.Length)].CopyTo(resized);
        return WithData(view, header, resized, isNew: false);
    });

    internal override void Rename(ImageView view, FileNode target)
    {
        if (target is not ExtensionNode to)
        {
            base.Rename(view, target);
            return;
        }

        var before = view.Change(header =>
        {
            var index = RequireIndex(view, header);
            var replaced = to.IndexIn(view, header);
            var renamed = header.WithExtensionMagic(index, to.Magic);
            return replaced < 0 ? renamed : renamed.WithoutExtension(replaced);
        });
        view.ExtensionNames.Renamed(before, (magic, ordinal), (to.Magic, to.Ordinal));
    }

    /// <summary>Commits a payload as one update.</summary>
    /// <param name="view">The view.</param>
    /// <param name="content">From the payload under the lock to the new one; may be called again on a newer one.</param>
    /// <param name="isNew">Whether it may have to be added.</param>
    internal void Commit(ImageView view, Func<ReadOnlySpan<byte>, byte[]> content, bool isNew)
    {
        var before = view.Change(header =>
        {
            var index = IndexIn(view, header);
            return WithData(view, header, content(index < 0 ? [] : header.DataOf(header.Extensions.Items[index])), isNew);
        });
        if (IndexIn(view, before) < 0)
        {
            view.ExtensionNames.Added(before, magic, ordinal);
        }
    }

    /// <summary>The header with that payload in this extension. A new one is added at the end of the list.</summary>
    internal Header WithData(ImageView view, Header header, ReadOnlySpan<byte> data, bool isNew)
    {
        var index = IndexIn(view, header);
        return index >= 0 ? header.WithExtensionData(index, data)
            : isNew ? header.WithExtensionAdded(magic, data)
            : throw view.Refuse(Errno.ESTALE, $"{Name} has been removed");
    }

    private int IndexIn(ImageView view, Header header) => view.ExtensionNames.IndexOf(header, magic, ordinal);

    private int RequireIndex(ImageView view, Header header) =>
        IndexIn(view, header) is >= 0 and var index ? index : throw view.Refuse(Errno.ENOENT, $"there is no {Name}");
}
