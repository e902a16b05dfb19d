namespace Qcow2Fs.Image;

/// <summary>A file's time stamp.</summary>
/// <param name="Seconds">Since 1970-01-01 UTC; may be negative.</param>
/// <param name="Nanoseconds">0 to 999,999,999.</param>
public readonly record struct ImageTime(long Seconds, uint Nanoseconds);
