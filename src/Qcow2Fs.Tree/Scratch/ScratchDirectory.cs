using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Tree.Nodes;

namespace Qcow2Fs.Tree.Scratch;

/// <summary>
/// The scratch files of a view, by directory and name, and the files of the tree that a tool has moved out of its way
/// for a moment: those are not seen until the tool puts something in their place. Nothing of this is in the image.
/// </summary>
internal sealed class ScratchDirectory
{
    private const int MaxFiles = 64;
    private const long MaxBytes = 4 * Header.MaxClusterSize;

    private readonly Dictionary<(DirectoryNode, string), ScratchNode> _files = [];
    // Between the unlink and the create of a tool that replaces a file there is no more than a moment.
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(1);

    private readonly Dictionary<FileNode, (ScratchNode? Copy, long Since)> _hidden = [];

    /// <summary>Whether nothing would be lost if the view were forgotten.</summary>
    public bool IsEmpty => _files.Count == 0 && _hidden.Count == 0;

    public IEnumerable<ScratchNode> In(DirectoryNode directory) => _files.Where(f => f.Key.Item1 == directory).Select(f => f.Value);

    public ScratchNode? Find(DirectoryNode directory, ReadOnlySpan<byte> name) =>
        _files.Count == 0 ? null : _files.GetValueOrDefault((directory, Encoding.UTF8.GetString(name)));

    /// <summary>The scratch file of that name, made if there is none.</summary>
    /// <exception cref="TreeException">ENOSPC: there are too many.</exception>
    public ScratchNode Create(ImageView view, DirectoryNode directory, string name)
    {
        if (_files.TryGetValue((directory, name), out var file))
        {
            return file;
        }

        if (_files.Count == MaxFiles)
        {
            throw view.Refuse(Errno.ENOSPC, $"there are {MaxFiles} temporary files already");
        }

        _files.Add((directory, name), file = new(name, this));
        return file;
    }

    public void Remove(ScratchNode file)
    {
        foreach (var key in _files.Where(f => f.Value == file).Select(f => f.Key).ToList())
        {
            _files.Remove(key);
        }
    }

    /// <summary>Not seen until <see cref="Unhide"/>, though the image still has it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="copy">Where the tool keeps its content; without that it comes back by itself after a moment.</param>
    public void Hide(FileNode file, ScratchNode? copy) => _hidden[file] = (copy, Environment.TickCount64);

    public bool IsHidden(Node node)
    {
        if (_hidden.Count == 0 || node is not FileNode file || !_hidden.TryGetValue(file, out var away))
        {
            return false;
        }

        var isHidden = away.Copy is { } copy ? _files.ContainsValue(copy) : Environment.TickCount64 - away.Since < s_moment.TotalMilliseconds;
        if (!isHidden)
        {
            _hidden.Remove(file);
        }

        return isHidden;
    }

    /// <summary>The file is where it was.</summary>
    /// <returns>Whether it had been moved away.</returns>
    public bool Unhide(FileNode file) => _hidden.Remove(file);

    /// <summary>Refuses what would make the scratch files too large all together.</summary>
    public void RequireRoom(ImageView view, ScratchNode file, long length)
    {
        if (_files.Values.Where(f => f != file).Sum(f => (long)f.Data.Length) + length > MaxBytes)
        {
            throw view.Refuse(Errno.ENOSPC, $"{file.Name}: temporary files have at most {MaxBytes >> 20} MiB");
        }
    }
}
