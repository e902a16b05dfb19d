namespace Qcow2Fs.Tree.Nodes;

/// <summary>One extension's payload, byte for byte, found by its magic and its ordinal among those of the same magic.</summary>
internal sealed class ExtensionNode(uint magic, int ordinal) : FileNode(TreePath.ExtensionName(magic, ordinal))
{
    public uint Magic => magic;

    public int Ordinal => ordinal;

    internal override string SummaryIn(ReadView view)
    {
        var name = KnownExtensions.NameOf(magic) ?? "unknown";
        return IndexIn(view.Session, view.Header) is >= 0 and var index
            ? string.Create(CultureInfo.InvariantCulture, $"{name}, at 0x{view.Header.Extensions.Items[index].Offset:x}") : name;
    }

    internal override bool Exists(ReadView view) => IndexIn(view.Session, view.Header) >= 0;

    internal override long Size(ReadView view) => DataIn(view.Session, view.Header).Length;

    // Two objects of one name are one node.
    public override bool Equals(object? obj) => obj is ExtensionNode other && (other.Magic, other.Ordinal) == (Magic, Ordinal);

    public override int GetHashCode() => HashCode.Combine(magic, ordinal);

    internal override FileHandle Open(ReadView view, ReadOnlySpan<byte> path, bool write, bool truncate)
    {
        var session = view.Session;
        var data = DataIn(session, view.Header);
        if (!write)
        {
            return new ReadOnlyHandle(session.Guard, path, data);
        }

        var exists = Exists(view);
        if (truncate && exists)
        {
            // What can be known of the truncation is refused now: when it is committed, nobody may be left to hear of it.
            session.Validate(header => WithData(session, header, [], isNew: false));
        }

        return new ExtensionHandle(view, path, this, data, truncate, isNew: !exists);
    }

    /// <summary>It comes to exist with the first commit of the handle that creates it; whether it can is known now.</summary>
    internal override void Create(ReadView view) => view.Session.Validate(header => WithData(view.Session, header, [], isNew: true));

    internal override void Remove(ReadView view)
    {
        var session = view.Session;
        var (before, _) = session.Commit(header => header.WithoutExtension(RequireIndex(session, header)));
        session.ExtensionNames.Removed(before, magic, ordinal);
    }

    internal override void Truncate(ReadView view, long length)
    {
        var session = view.Session;
        session.Commit(header =>
        {
            var data = header.DataOf(header.Extensions.Items[RequireIndex(session, header)]);
            if (length > header.ClusterSize)
            {
                throw new HeaderException(HeaderError.NoRoom, $"{length} bytes do not fit the first cluster");
            }

            var resized = new byte[length];
            data[..(int)Math.Min(length, data.Length)].CopyTo(resized);
            return WithData(session, header, resized, isNew: false);
        });
    }

    internal override void Rename(ReadView view, FileNode target, ReadOnlySpan<byte> path)
    {
        var to = target as ExtensionNode ?? throw RefuseRename(target);
        var session = view.Session;
        var (before, _) = session.Commit(header =>
        {
            var index = RequireIndex(session, header);
            var replaced = to.IndexIn(session, header);
            var renamed = header.WithExtensionMagic(index, to.Magic);
            return replaced < 0 ? renamed : renamed.WithoutExtension(replaced);
        });
        session.ExtensionNames.Renamed(before, (magic, ordinal), (to.Magic, to.Ordinal));
    }

    /// <summary>
    /// Commits a payload as one update and returns the one that the image has now. The content is made from the payload under the lock,
    /// perhaps twice; a new one may have to be added.
    /// </summary>
    internal ReadOnlyMemory<byte> Commit(ImageSession session, Func<ReadOnlySpan<byte>, byte[]> content, bool isNew, ImageStatus? owner)
    {
        var (before, after) = session.Commit(
            header => WithData(session, header, content(DataIn(session, header).Span), isNew), owner, isAccepted: true);
        if (IndexIn(session, before) < 0)
        {
            session.ExtensionNames.Added(before, magic, ordinal);
        }

        return DataIn(session, after);
    }

    /// <summary>The header with that payload in this extension. A new one is added at the end of the list.</summary>
    internal Header WithData(ImageSession session, Header header, ReadOnlySpan<byte> data, bool isNew)
    {
        var index = IndexIn(session, header);
        return index >= 0 ? header.WithExtensionData(index, data)
            : isNew ? header.WithExtensionAdded(magic, data)
            : throw new TreeException(Errno.ESTALE, "the extension has been removed");
    }

    private int IndexIn(ImageSession session, Header header) => session.ExtensionNames.IndexOf(header, magic, ordinal);

    private ReadOnlyMemory<byte> DataIn(ImageSession session, Header header) =>
        IndexIn(session, header) is >= 0 and var index && header.Extensions.Items[index] is var extension
            ? header.Bytes.Slice(extension.DataOffset, extension.Length) : default;

    private int RequireIndex(ImageSession session, Header header) =>
        IndexIn(session, header) is >= 0 and var index ? index : throw new TreeException(Errno.ENOENT, "there is no such extension");
}

/// <summary>One file per header extension, in on-disk order, and the rest of a list that cannot be decoded.</summary>
internal sealed class ExtensionsDirectory(string name) : DirectoryNode(name)
{
    private static readonly ReadOnlyNode s_malformed = new("malformed", view => view.Header.MalformedBytes.ToArray())
    {
        IsThere = view => view.Header.Extensions.IsMalformed,
        Length = view => view.Header.MalformedBytes.Length,
        OnRemove = view => view.Session.Commit(header => header.WithoutMalformedRest()),
        WhyReadOnly = view => new(Errno.EUCLEAN, $"cannot be written: {view.Header.Extensions.Problem}; remove it, or write header.bin"),
    };

    internal override Node? Find(ReadView view, ReadOnlySpan<byte> name) =>
        name.SequenceEqual(s_malformed.NameBytes) ? s_malformed
        : TreePath.TryParseExtensionName(name, out var magic, out var ordinal) ? view.Session.ExtensionNode(magic, ordinal)
        : null;

    /// <summary>
    /// A cursor counts the nodes that are left, from the end of the list: removing one that was listed moves none of those to come, so that
    /// a program that removes what it lists misses none.
    /// </summary>
    internal override IEnumerable<(Node? Node, long Next)> List(ReadView view, long after)
    {
        var header = view.Header;
        var count = header.Extensions.Items.Length;
        var end = count + (header.Extensions.IsMalformed ? 1 : 0);
        for (var left = after <= 0 ? end : Math.Min(after - 1, end); left > 0; left--)
        {
            var index = (int)(end - left);
            yield return (index < count ? view.Session.ExtensionNames.NodeAt(header, index) : s_malformed, left);
        }
    }

    internal override TreeException RefuseName(ReadView view, string name) => new(Errno.EINVAL,
        $"{name} is not the name of an extension: write 0x and 1 to 8 hex digits, not all 0 (the end) nor 0x51324653 (Qcow2Fs's own)");
}
