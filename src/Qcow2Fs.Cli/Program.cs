using Qcow2Fs.Cli;

return Fuse.RunWatchdog(args) ? ExitCode.Done : CommandLine.Run(args);
