using NativeErrno = Mono.Unix.Native.Errno;

namespace Qcow2Fs.Cli.Pool;

/// <summary>
/// The images of a pool, and which of them is the base of which. Names are followed as QEMU does, by their text. Only what was given is
/// opened: the images, and bases of another format that lie in the folders.
/// </summary>
internal sealed class BackingForest
{
    private readonly Dictionary<string, ChainNode> _byPath = [];
    private readonly List<ChainNode> _nodes = [];
    private readonly PoolSources _sources;
    private List<(PoolFolder Folder, string Given, string Resolved)> _roots = [];

    private BackingForest(PoolSources sources) => _sources = sources;

    /// <summary>Everything, in the order of the sources. Bases that are no image come behind; those that are only names, too.</summary>
    public IReadOnlyList<ChainNode> Nodes => _nodes;

    /// <summary>Files in folders that are named like an image, have no magic, and are nobody's base.</summary>
    public IReadOnlyList<string> Skipped { get; private set; } = [];

    /// <summary>Reads all images.</summary>
    /// <param name="sources">Images and folders.</param>
    /// <param name="progress">Called with the number of images so far.</param>
    public static BackingForest Read(PoolSources sources, Action<int> progress)
    {
        var forest = new BackingForest(sources);
        var files = OrderedParallel.Select(sources.Files(), file => (File: file, Key: Absolute(file.Text), Node: ReadFile(file)));
        var others = new Dictionary<string, string>();
        var count = 0;
        foreach (var (file, key, node) in files)
        {
            if (node is null && file is { IsNamedLikeAnImage: true, Failure: null })
            {
                others.TryAdd(key, file.Text);
            }
            else if (node is not null && forest._byPath.TryAdd(key, node))
            {
                forest._nodes.Add(node);
                progress(++count);
            }
        }

        forest.Link();
        forest.Skipped = [.. others.Where(other => !forest._byPath.ContainsKey(other.Key)).Select(other => other.Value)];
        forest.Measure();
        return forest;
    }

    /// <summary>The file or the name of that path; null if nothing of the kind is in the forest.</summary>
    public ChainNode? Find(string path) =>
        _byPath.GetValueOrDefault(Key(path)) ?? _byPath.GetValueOrDefault(Key(AbsolutePath.Resolve(path)))
            ?? _byPath.GetValueOrDefault(KeyOfName(path));

    // Of a base that is no local file. No key of a path has a zero byte.
    private static string KeyOfName(string name) => "\0" + name;

    private static string Absolute(string path) => BackingName.Normalize(AbsolutePath.Of(path));

    // Null: a file in a folder that is no image. It may be a base, and is looked at when an image names it.
    private static ChainNode? ReadFile(PoolFile file)
    {
        if (file.Failure == PoolSources.NotAFile)
        {
            return null;
        }

        try
        {
            if (file.Failure is { } failure)
            {
                return new(file.Text) { Failure = failure };
            }

            using var image = file.Open();
            var header = image.ReadHeader();
            return header.HasMagic || file.Found is null ? NodeOf(file.Text, image, header) : null;
        }
        catch (Exception e)
        {
            // Also a fault of this program: it must not hide the other images.
            return new(file.Text) { Failure = CommandLine.SentenceOf(e) };
        }
    }

    private static ChainNode NodeOf(string name, OpenedImage image, Header header)
    {
        var format = ImageFormat.Of(header, image);
        var node = new ChainNode(name)
        {
            Format = ImageFormat.IsDisk(format) || format == "luks" ? format : "raw",
            Size = header.HasMagic ? header[HeaderFields.Size] : (ulong)image.Length,
            Modified = image.Status.Mtime,
        };
        return !header.HasMagic || !header.HasBackingFile ? node : node with
        {
            BackingFile = CString.Of(header.BackingFileName).ToArray() is { Length: > 0 } backing ? backing : null,
            BackingFormat = header.TryGetExtension(ExtensionMagic.BackingFormat, out var named)
                && Encoding.UTF8.GetString(CString.Of(named)) is { Length: > 0 } text ? text : null,
        };
    }

    // A path by the name that its folder was given as, if it lies in one.
    private string Key(string path)
    {
        var key = Absolute(path);
        foreach (var (_, given, resolved) in _roots)
        {
            if (key.StartsWith(resolved, StringComparison.Ordinal))
            {
                return given + key[resolved.Length..];
            }
        }

        return key;
    }

    private void Link()
    {
        _roots = [.. _sources.Folders.Select(folder =>
            (folder, Absolute(folder.Name).TrimEnd('/') + "/", folder.Root.Path.TrimEnd('/') + "/"))];
        foreach (var node in _nodes.Where(node => node.BackingFile is not null).ToArray())
        {
            var name = PathText.Decode(node.BackingFile);
            var path = BackingName.Resolve(node.Text, name);
            node.Base = BaseOf(path, name);
            node.HasLocalBase = path is not null;
            node.Base.Users.Add(node);
            node.State = node.Base.Absence != BaseState.None ? node.Base.Absence
                : node.Base.Failure is null && Differs(node.BackingFormat, node.Base.Format) ? BaseState.FormatDiffers
                : BaseState.Ok;
        }
    }

    private ChainNode BaseOf(string? path, string name)
    {
        var key = path is null ? KeyOfName(name) : Key(path);
        if (!_byPath.TryGetValue(key, out var found))
        {
            found = path is null ? new(name) { Absence = BaseState.Outside } : Look(path, key);
            _byPath.Add(key, found);
            _nodes.Add(found);
        }

        return found;
    }

    private ChainNode Look(string path, string key)
    {
        foreach (var (folder, given, _) in _roots)
        {
            if (!key.StartsWith(given, StringComparison.Ordinal))
            {
                continue;
            }

            path = folder.Prefix + key[given.Length..];
            try
            {
                using var image = folder.Root.Open(PathText.Encode(key.AsSpan(given.Length)));
                return NodeOf(path, image, image.ReadHeader());
            }
            catch (ImageException e) when (e.Errno is NativeErrno.ENOENT or NativeErrno.ENOTDIR)
            {
                return new(path) { Absence = BaseState.Missing };
            }
            catch (ImageException e) when (e.Errno is NativeErrno.ELOOP or NativeErrno.EXDEV)
            {
                // A symbolic link, or another file system: it leads out of the folder, or may do so.
                return new(path) { Absence = BaseState.Outside };
            }
            catch (Exception e) when (e is ImageException or IOException)
            {
                return new(path) { Failure = e.Message };
            }
        }

        return new(path) { Absence = BaseState.Outside };
    }

    // QEMU takes a protocol's name, or none, for raw or for whatever it finds. LUKS below raw is a choice.
    private static bool Differs(string? named, string? found) => named is not null && found is not null && named != found
        && (ImageFormat.IsDisk(named) || named == "luks" || (named == "raw" && ImageFormat.IsDisk(found)));

    private void Measure()
    {
        var chains = new ChainSearch<ChainNode>(node => node.Base, int.MaxValue);
        foreach (var node in _nodes)
        {
            var (ring, depth) = chains.Find(node, node.Base);
            node.IsInRing = ring == node;
            node.State = ring is null ? node.State : BaseState.Ring;
            node.Depth = ring is null ? depth : null;
        }
    }
}
