namespace Qcow2Fs.Cli.Backup;

/// <summary>The images that an archive is restored to: those that the user named, or, if none, those below the working directory.</summary>
internal sealed class RestoreTargets : IDisposable
{
    private readonly Target[] _named;
    private readonly ImageFolder? _folder;
    private readonly HashSet<string> _taken = [];
    private readonly bool _isForced;

    /// <param name="names">The images that the user named.</param>
    /// <param name="isForced">Whether a name is enough, and another file may have it now.</param>
    /// <exception cref="ImageException">The working directory cannot be opened.</exception>
    public RestoreTargets(string[] names, bool isForced)
    {
        _isForced = isForced;
        _named = [.. names.Select(name => new Target(Arguments.RequireNotEmpty(name, "IMAGE")))];
        _folder = names.Length == 0 ? ImageFolder.At(".") : null;
    }

    /// <summary>The images that the user named and that have got nothing: a sentence each.</summary>
    public IEnumerable<string> Left => _named.Where(target => !target.IsTaken)
        .Select(target => $"{target.Name}: {target.Failure ?? Missing}");

    private string Missing => "the archive has no backup of this file"
        + (_isForced ? " or name" : $"; if another program has packed the archive again, {Arguments.ForceName} goes by the name");

    /// <summary>The image that a backup belongs to; null if the user named others.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="name">The image's name, for sentences.</param>
    /// <exception cref="CommandFailure">The archive names a file that it must not name, or one a second time.</exception>
    public ImageFile? Find(ImageBackup backup, out string name)
    {
        name = PathText.Decode(backup.Image);
        if (_folder is null)
        {
            var target = FindNamed(backup.Identity, BackingName.Normalize(AbsolutePath.Of(name)));
            name = target?.Name ?? name;
            return target?.Take();
        }

        var below = PathBelow(name);
        return _taken.Add(below) ? _folder.Image(PathText.Encode(below))
            : throw new CommandFailure("is in the archive twice; only the first one is used");
    }

    public void Dispose()
    {
        Array.ForEach(_named, target => target.Dispose());
        _folder?.Dispose();
    }

    // The same file by whatever name; with --force the same name, whatever file has it now.
    private Target? FindNamed(in FileIdentity identity, string path)
    {
        foreach (var target in _named)
        {
            if (target.IsFree && target.Is(identity))
            {
                return target;
            }
        }

        var named = Array.Find(_named, target => target.IsFree && target.Path == path);
        if (named is not null && !_isForced)
        {
            named.Failure = FileIdentity.OtherFile;
            return null;
        }

        return named;
    }

    // An archive may be a stranger's: what it names must not lead out of the working directory. Links on the way are for openat2(2).
    private static string PathBelow(string name)
    {
        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        return name is ['/', ..] ? throw Unnamed("is an absolute name")
            : parts.Contains("..") ? throw Unnamed("leads out of the working directory")
            : name.Contains('\0') || parts.Length == 0 ? throw Unnamed("is no name of a file")
            : string.Join('/', parts);

        static CommandFailure Unnamed(string why) => new($"{why}; to restore it, name the image: restore FILE.tar IMAGE");
    }

    private sealed class Target : IDisposable
    {
        private readonly ImageFile? _image;
        private readonly ImageStatus _status;

        public Target(string name)
        {
            (Name, Path) = (name, BackingName.Normalize(AbsolutePath.Of(name)));
            try
            {
                _image = ImageFile.At(name);
                _status = _image.Status();
                Failure = _status.IsDirectory ? "is a folder; name the images, or none to restore all of the archive" : null;
            }
            catch (ImageException e)
            {
                Failure = e.Message;
            }
        }

        public string Name { get; }

        public string Path { get; }

        public string? Failure { get; set; }

        public bool IsTaken { get; private set; }

        public bool IsFree => !IsTaken && _status.Inode != 0;

        // Its length is judged later.
        public bool Is(in FileIdentity identity) => identity.Difference(FileIdentity.Of(_status, long.MaxValue)) is null;

        public ImageFile? Take()
        {
            IsTaken = true;
            return _image;
        }

        public void Dispose() => _image?.Dispose();
    }
}
