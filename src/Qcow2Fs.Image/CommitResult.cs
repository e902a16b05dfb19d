using Qcow2Fs.Codec;

namespace Qcow2Fs.Image;

/// <summary>What a commit did.</summary>
/// <param name="Before">The header under the lock, as the edit got it.</param>
/// <param name="After">The header that the image has now.</param>
public sealed record CommitResult(Header Before, Header After)
{
    /// <summary>The file that was changed, as it was when it was locked.</summary>
    public ImageStatus File { get; init; }
}
