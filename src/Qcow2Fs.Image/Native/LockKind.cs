namespace Qcow2Fs.Image.Native;

/// <summary>l_type of struct flock.</summary>
internal enum LockKind : short
{
    /// <summary>F_RDLCK: many may hold it; needs a readable descriptor.</summary>
    Shared = 0,

    /// <summary>F_WRLCK: one may hold it; needs a writable descriptor.</summary>
    Exclusive = 1,

    /// <summary>F_UNLCK.</summary>
    None = 2,
}
