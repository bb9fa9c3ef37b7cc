// Fixtures of real processes, ours or others', wait far more than they compute: they run beside each other, more of them than there are processors.
// What measures the test process itself, its meters, sockets or memory, is not marked as parallel and runs when they are done.
[assembly: LevelOfParallelism(4)]
