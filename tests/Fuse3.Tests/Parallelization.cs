// Mounts, descriptors and threads are counted for the whole process, and the machine may have few processors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
