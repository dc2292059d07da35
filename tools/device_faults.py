"""Provokes on a real GPU what can go wrong there, and shows what the engine says of it, through the C interface.

usage: device_faults.py LIBLATENTWEEN.SO     (about 20 s; needs numpy and the driver)
Each fault has a process of its own; one line each: ok or FAILED, the status and the message.
  number   a GPU that is not there
  full     a device whose memory another program holds, before the engine is opened
  model    no memory for the weights
  halves   memory for a small batch only: the batch asked for is refused, the proposed one renders
  lost     a kernel that traps in the middle of a render: the context is lost, as after an Xid
"""
import contextlib
import ctypes as c
import subprocess
import sys
import threading
import time

import numpy as np

from golden_check import I32, Library
from golden_renders import Frame
from render_timing import Job, SD15

OUT_OF_MEMORY, DEVICE_ERROR = 3, 4
MIB = 1 << 20
TRAP = b".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry fault() { trap; }\n"


class Driver:
    """The context that the engine uses too, by CUDA's driver interface."""

    def __init__(self):
        self.library = c.CDLL("libcuda.so.1")
        context = c.c_void_p()
        self.call("cuInit", 0)
        self.call("cuDevicePrimaryCtxRetain", c.byref(context), 0)
        self.call("cuCtxSetCurrent", context)

    def call(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status != 0:
            raise RuntimeError(f"{name}: {status}")

    def free(self):
        free, total = c.c_size_t(), c.c_size_t()
        self.call("cuMemGetInfo_v2", c.byref(free), c.byref(total))
        return free.value

    def fill(self, but):
        """Takes all memory but so many bytes, or all that there is to have."""
        piece, taken = 1 << 33, c.c_void_p()
        while piece >= MIB:
            if self.free() - but < piece or self.library.cuMemAlloc_v2(c.byref(taken), c.c_size_t(piece)) != 0:
                piece //= 2

    def trap(self):
        module, function = c.c_void_p(), c.c_void_p()
        self.call("cuModuleLoadData", c.byref(module), TRAP)
        self.call("cuModuleGetFunction", c.byref(function), module, b"fault")
        self.call("cuLaunchKernel", function, *[c.c_uint(1)] * 6, 0, None, None, None)


class Engine:
    def __init__(self, path):
        self.library = Library(path)
        self.raw = self.library.library
        self.raw.ltw_last_error.restype = c.c_char_p
        self.engine, self.model = c.c_void_p(), c.c_void_p()

    def open(self, device=b"cuda:0"):
        return self.raw.ltw_engine_create(device, I32(0), c.byref(self.engine))

    def load(self):
        return self.raw.ltw_model_create_random(self.engine, c.byref(SD15), c.c_uint64(1), c.byref(self.model))

    def said(self):
        return self.raw.ltw_last_error().decode()


def report(name, status, expected, message, *parts):
    good = status == expected and all(part in message for part in parts) and "\n" not in message
    print(f"{'ok    ' if good else 'FAILED'}  {name}: status {status}: {message}", flush=True)


def number(engine):
    report("number", engine.open(b"cuda:7"), DEVICE_ERROR, engine.said(), "cuda:7", "there is no GPU of number 7")


def full(engine):
    with subprocess.Popen([sys.executable, __file__, sys.argv[1], "hold"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as holder:
        holder.stdout.readline()
        status = engine.open() or engine.load()
        report("full", status, DEVICE_ERROR, engine.said(), "cuda:0", "other programs hold its memory")
        holder.stdin.close()


def hold(_):
    Driver().fill(0)
    print("full", flush=True)
    sys.stdin.read()


def model(engine):
    engine.open()
    Driver().fill(300 * MIB)
    report("model", engine.load(), OUT_OF_MEMORY, engine.said(), "cuda:0", "MiB asked for", "MiB free")


def halves(engine):
    engine.open()
    engine.load()
    Driver().fill(2500 * MIB)
    asked, status, message = 26, None, ""
    while asked > 0:
        try:
            job = Job(engine.library, engine.model, asked, 2, 512)
            break
        except Exception as error:
            message = str(error) or engine.said()
            print(f"        {asked} at once: {message}", flush=True)
            asked //= 2
    job.submit(0)
    job.collect()
    config, batch = job.config, I32(0)
    job.close()
    status = engine.raw.ltw_largest_batch(engine.model, c.byref(config), I32(26), c.byref(batch))
    proposed = Job(engine.library, engine.model, batch.value, 2, 512)
    proposed.submit(0)
    proposed.collect()
    report("halves", status, 0, f"{asked} at once render, {batch.value} proposed and rendered, mean level "
           f"{proposed.pixels.mean():.0f}; {message}", "MiB free" if asked < 26 else "!")


def lost(engine):
    engine.open()
    engine.load()
    driver = Driver()
    job = Job(engine.library, engine.model, 4, 20, 512)
    job.submit(0)
    job.collect()

    def later():
        time.sleep(0.3)
        with contextlib.suppress(RuntimeError):
            driver.call("cuCtxSetCurrent", context)
        driver.trap()

    context = c.c_void_p()
    driver.call("cuCtxGetCurrent", c.byref(context))
    trapping = threading.Thread(target=later)
    trapping.start()
    frames, pixels = (Frame * 4)(), job.pixels.ctypes.data_as(c.c_void_p)
    status = 0
    for _ in range(40):  # no call follows one that failed
        status = status or engine.raw.ltw_job_submit(job.job, frames, I32(4))
        status = status or engine.raw.ltw_job_collect(job.job, pixels, c.c_int64(job.pixels.nbytes))
    message = engine.said()
    trapping.join()
    report("lost", status, DEVICE_ERROR, message, "cuda:0")
    job.close()
    other = Engine(sys.argv[1])
    print(f"        another engine in this process: status {other.open()}: {other.said()}", flush=True)


def main():
    faults = dict(number=number, full=full, model=model, halves=halves, lost=lost, hold=hold)
    if len(sys.argv) == 3:
        return faults[sys.argv[2]](Engine(sys.argv[1]))
    for name in "number full model halves lost".split():
        exit_code = subprocess.run([sys.executable, __file__, sys.argv[1], name], timeout=60).returncode
        if exit_code != 0:
            print(f"FAILED  {name}: the process ended with {exit_code}", flush=True)


if __name__ == "__main__":
    main()
