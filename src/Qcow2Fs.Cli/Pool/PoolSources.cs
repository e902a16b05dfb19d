namespace Qcow2Fs.Cli.Pool;

/// <summary>One file of a pool, not yet opened.</summary>
/// <param name="Name">Its name as given, or the folder's name as given with the path below.</param>
internal sealed record PoolFile(byte[] Name)
{
    /// <summary>The folder that it was found in, and its path there; null for a file that was named itself.</summary>
    public (PoolFolder Folder, byte[] Path)? Found { get; init; }

    /// <summary>Whether it is opened through a symbolic link, if it was named itself.</summary>
    public bool FollowsLink { get; init; } = true;

    /// <summary>Why it cannot be opened, as far as that is known already.</summary>
    public string? Failure { get; init; }

    /// <summary>The name as text that keeps each byte.</summary>
    public string Text => PathText.Decode(Name);

    /// <summary>Whether the name says that it is an image: a walk reports such a file also if its content says otherwise.</summary>
    public bool IsNamedLikeAnImage => Name.AsSpan() is var name
        && (name.EndsWith(".qcow2"u8) || name.EndsWith(".qcow"u8) || name.EndsWith(".img"u8));

    /// <summary>Whether it is standard input, which cannot be opened.</summary>
    public bool IsStandardInput => Found is null && Text == PoolSources.StandardInput;

    /// <summary>Opens the file, through one descriptor.</summary>
    /// <exception cref="ImageException">It cannot be opened.</exception>
    public OpenedImage Open() => Found is { } found ? found.Folder.Root.Open(found.Path)
        : FollowsLink ? OpenedImage.At(Text) : OpenedImage.Itself(Text);

    /// <summary>The file as an image that can be changed. It follows symbolic links only where the user named the file.</summary>
    /// <exception cref="ImageException">It cannot be found.</exception>
    public ImageFile ToChange() => Found is { } found ? found.Folder.Root.Image(found.Path) : ImageFile.At(Text);
}

/// <summary>A folder that was given as a source.</summary>
/// <param name="Name">As given.</param>
/// <param name="Root">The folder itself.</param>
internal sealed record PoolFolder(string Name, ImageFolder Root)
{
    /// <summary>What stands before the path of a file in the folder, to make its name.</summary>
    public string Prefix => Name.EndsWith('/') ? Name : Name + "/";
}

/// <summary>
/// The files of a command's SOURCE arguments: files, and folders with the folders below. The order is that of the arguments, and by name as
/// bytes in a folder. Nothing is opened before it is asked for, and no list of files is kept.
/// </summary>
internal sealed class PoolSources : IDisposable
{
    /// <summary>The source that is standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>The failure of what is neither a file nor a folder.</summary>
    public const string NotAFile = "a link or a special file in a folder is not followed";

    /// <summary>What is said of a file in a folder that has an image's name and not its magic, by those that pass it over.</summary>
    public const string NotAnImage = "skipped: not a qcow2 image";

    private readonly string[] _sources;
    private readonly bool _followsLinks;
    private readonly List<PoolFolder> _folders = [];

    /// <param name="sources">The names as given.</param>
    /// <param name="followsLinks">Whether a source may be a symbolic link itself.</param>
    /// <exception cref="CommandFailure">A source is an empty word.</exception>
    public PoolSources(string[] sources, bool followsLinks = true)
    {
        (_sources, _followsLinks) = (sources, followsLinks);
        foreach (var source in sources)
        {
            Arguments.RequireNotEmpty(source, "SOURCE");
        }
    }

    /// <summary>The folders that <see cref="Files"/> has come across.</summary>
    public IReadOnlyList<PoolFolder> Folders => _folders;

    /// <summary>Whether there may be more than one file.</summary>
    public bool IsPool => _sources.Length != 1 || IsFolder(_sources[0]);

    /// <summary>The files. What has a name in a folder and is no file comes with a failure.</summary>
    public IEnumerable<PoolFile> Files() => _sources.SelectMany(source => IsFolder(source) ? Below(source) : [Named(source)]);

    public void Dispose() => _folders.ForEach(folder => folder.Root.Dispose());

    private bool IsFolder(string source) => source != StandardInput && ImageFolder.IsFolder(source, _followsLinks);

    private PoolFile Named(string source) => new(PathText.Encode(source)) { FollowsLink = _followsLinks };

    private IEnumerable<PoolFile> Below(string source)
    {
        try
        {
            var folder = new PoolFolder(source, ImageFolder.At(source, _followsLinks));
            _folders.Add(folder);
            var prefix = PathText.Encode(folder.Prefix);
            return folder.Root.Walk().Select(entry => new PoolFile([.. prefix, .. entry.Path])
            {
                Found = (folder, entry.Path),
                Failure = entry.Kind == WalkEntryKind.Other ? NotAFile : entry.Failure,
            });
        }
        catch (ImageException e)
        {
            return [Named(source) with { Failure = e.Message }];
        }
    }
}
