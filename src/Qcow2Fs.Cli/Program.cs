using Qcow2Fs.Cli;

return CommandLine.Run(args);
