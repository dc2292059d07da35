"""Draws and trains everything in one run: VAE and classifier in one process, UNet and text encoder in another, pictures in
the rest. See README.md for the command that made models/demo."""
import argparse
import multiprocessing
import os
import sys
import time

START = time.time()


def log(*words):
    print(f"[{time.time() - START:6.1f}]", *words, flush=True)


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", required=True, help="folder for the checkpoint, vae.safetensors, classifier.safetensors and previews")
    p.add_argument("--device", default="cuda")
    p.add_argument("--pictures", type=int, default=320000)
    p.add_argument("--ring", type=int, default=110000, help="pictures kept in memory (192 KiB each)")
    p.add_argument("--first", type=int, default=0, help="seed of the first picture")
    p.add_argument("--first-pictures", type=int, default=60000, help="the UNet starts with so many")
    p.add_argument("--workers", type=int, default=15)
    p.add_argument("--vae-pictures", type=int, default=50000)
    p.add_argument("--vae-seconds", type=float, default=170)
    p.add_argument("--vae-batch", type=int, default=32)
    p.add_argument("--vae-lr", type=float, default=1.2e-3)
    p.add_argument("--classifier-steps", type=int, default=1500)
    p.add_argument("--seconds", type=float, default=720, help="of UNet training")
    p.add_argument("--batch", type=int, default=512)
    p.add_argument("--lr", type=float, default=8e-4)
    p.add_argument("--previews", type=int, default=4)
    p.add_argument("--preview-steps", type=int, default=20)
    p.add_argument("--no-compile", dest="compile", action="store_false")
    p.add_argument("--resume", help="a checkpoint folder: go on from its UNet and text encoder, with its VAE (copied to OUT/vae.safetensors)")
    return p.parse_args()


def run(name, *arguments):
    """Imports torch only in the process that uses it: CUDA must not be touched before a fork."""
    import torch
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    if arguments[1].device == "cpu":
        torch.set_num_threads(1)
    getattr(__import__(name), name)(*arguments)


def main():
    from captions import story
    from draw import Studio
    from tokenizer import Tokenizer, learn
    o = options()
    os.makedirs(o.out, exist_ok=True)
    tokenizer = Tokenizer.load(f"{o.resume}/tokenizer") if o.resume else Tokenizer(*learn([story(i)[1] for i in range(20000)]))
    log("vocabulary", len(tokenizer.vocabulary))
    studio = Studio(tokenizer, o.pictures, o.ring, o.workers, o.first)
    fork = multiprocessing.get_context("fork")
    vae_done = fork.Event()
    jobs = [fork.Process(target=run, args=("train_unet", studio, o, log, vae_done))]
    if o.resume:
        vae_done.set()
    else:
        jobs.append(fork.Process(target=run, args=("train_vae", studio, o, log, vae_done)))
    for j in jobs:
        j.start()
    drawn = False
    while any(j.is_alive() for j in jobs):
        time.sleep(.5)
        if not drawn and studio.ready() == o.pictures:
            drawn = True
            log("all pictures drawn")
        if any(j.exitcode not in (None, 0) for j in jobs):
            for j in jobs + studio.processes:
                j.terminate()
            sys.exit("a training process failed")
    for p in studio.processes:
        p.terminate()
    log("done")


if __name__ == "__main__":
    main()
