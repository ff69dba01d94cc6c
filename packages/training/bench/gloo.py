"""The mean over two processes of one thread by torch's gloo, in buckets of 25 MB: one JSON line {"megabytes": ...} in, one {"ms": ...} out."""
import json
import os
import socket
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def join(rank, port):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=2)


def mean(buckets):
    for handle in [dist.all_reduce(bucket, async_op=True) for bucket in buckets]:
        handle.wait()
    for bucket in buckets:
        bucket.div_(2)


def wanted(megabytes):
    """Buckets of so much, as rank 0 says; none end both."""
    count = torch.tensor([round(megabytes * 250_000)])
    dist.broadcast(count, 0)
    return list(torch.ones(int(count)).split(6_250_000))


def follow(_, port):
    join(1, port)
    while buckets := [bucket for bucket in wanted(0) if len(bucket)]:
        mean(buckets)


if __name__ == '__main__':
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    other = mp.start_processes(follow, (port,), 1, join=False, start_method='fork')
    join(0, port)
    for line in sys.stdin:
        buckets = wanted(json.loads(line)['megabytes'])
        begun = time.perf_counter()
        mean(buckets)
        print(json.dumps({'ms': 1000 * (time.perf_counter() - begun)}), flush=True)
    wanted(0)
    other.join()
