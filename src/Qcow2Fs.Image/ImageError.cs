namespace Qcow2Fs.Image;

/// <summary>Why an operation on an image file was refused or failed.</summary>
public enum ImageError
{
    /// <summary>There is no file of that name.</summary>
    NotFound,

    /// <summary>It is neither a regular file nor a block device.</summary>
    NotAFile,

    /// <summary>The permissions do not allow it.</summary>
    NoPermission,

    /// <summary>The file system or the device is read-only.</summary>
    ReadOnly,

    /// <summary>Another program uses the image and allows no writer.</summary>
    Busy,

    /// <summary>The file was replaced under its name while it was being changed.</summary>
    Stale,

    /// <summary>
    /// The change needs room that is not there: on the file system, or in the first cluster, where a change that cannot be
    /// made atomically is refused. Nothing was changed.
    /// </summary>
    NoRoom,

    /// <summary>The system reported an error. Nothing was changed.</summary>
    Io,

    /// <summary>A write or a flush failed in the middle of a commit: what the medium holds is unknown, and no further commit is made.</summary>
    Failed,
}
