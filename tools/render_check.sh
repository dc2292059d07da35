#!/bin/sh
# Whole renders of 512x512 with guidance and random weights, beside the usual loop in torch, in one run on one GPU:
# frames/s of both at 50 steps, and the share of a render in which the GPU does nothing (wanted: below 3 %). Run in
# a folder that holds liblatentween.so, libdnnl.so.3, golden_check.py, golden_renders.py, render_timing.py and
# torch_networks.py; Python needs numpy, Pillow, torch and diffusers. 50 s.
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here:$LD_LIBRARY_PATH" PYTHONUNBUFFERED=1
nvidia-smi --query-gpu=name,driver_version,clocks.sm,power.limit --format=csv,noheader
timing="timeout 60 python3 $here/render_timing.py $here/liblatentween.so cuda:0"
$timing --batch 16 --frames 32 --idle
$timing --batch 8 --frames 24 --steps 50
timeout 60 python3 -W ignore "$here/torch_networks.py" vae-1:eager --loop
