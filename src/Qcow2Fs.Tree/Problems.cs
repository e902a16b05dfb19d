using System.Text;
using Qcow2Fs.Check;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;

namespace Qcow2Fs.Tree;

/// <summary>
/// What a check finds in the image, as text. It reads tables all over the image, and every stat(2) asks for its length: so
/// it is kept while the header and the file's times say that nothing has changed.
/// </summary>
internal sealed class Problems(ImageView view)
{
    // File systems stamp times by a tick of some milliseconds: what has just been written may be written again unnoticed.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(1);

    private Header? _header;
    private ImageStatus _status;
    private byte[] _text = [];

    /// <summary>A finding a line; empty if there is none.</summary>
    /// <exception cref="TreeException">The image cannot be read.</exception>
    public ReadOnlyMemory<byte> Text
    {
        get
        {
            var header = view.Header;
            var status = Status();
            if (!ReferenceEquals(header, _header) || !IsSame(status))
            {
                var report = ImageCheck.Run(header, new ImageFileBytes(view.Image));
                _text = Encoding.UTF8.GetBytes(string.Concat(report.Findings.Select(f => FindingText.Line(f) + "\n")));
                _header = IsSettled(status) ? header : null;
                _status = status;
            }

            return _text;
        }
    }

    private bool IsSame(ImageStatus status) => (status.Mtime, status.Ctime, status.Size, status.Device, status.Inode)
        == (_status.Mtime, _status.Ctime, _status.Size, _status.Device, _status.Inode);

    // A block device has no time of its last write.
    private static bool IsSettled(ImageStatus status) =>
        !status.IsBlockDevice && DateTimeOffset.UtcNow.ToUnixTimeSeconds() - status.Mtime.Seconds > s_settled.TotalSeconds;

    private ImageStatus Status()
    {
        try
        {
            return view.Image.Status();
        }
        catch (ImageException e)
        {
            throw view.Refuse(TreeException.ErrnoOf(e), e.Message);
        }
    }
}
