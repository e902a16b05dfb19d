namespace Fuse3.Tests;

internal sealed class MemoryFile
{
    private byte[] _content = [];

    public byte[] Content { get => _content; set => _content = value; }

    public uint Type { get; init; } = FileType.Regular;

    public uint Mode { get; set; } = 0x1A4;

    public uint UserId { get; set; }

    public uint GroupId { get; set; }

    public TimeSpec AccessTime { get; set; } = new(1_000_000_000, 0);

    public TimeSpec ModifyTime { get; set; } = new(1_000_000_000, 0);

    public void Resize(int size) => Array.Resize(ref _content, size);
}
