using Qcow2Fs.Cli;

// A file that grows past ulimit -f is an error of the write, EFBIG, and does not kill a mount.
_ = LibC.signal(LibC.FileSizeSignal, LibC.IgnoreSignal);
return Fuse.RunWatchdog(args) ? ExitCode.Done : CommandLine.Run(args);
