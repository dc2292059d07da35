#!/bin/sh
# Everything that needs a GPU, in one run: the ops' tests, timings beside torch's, the sanitizers. Run in a
# folder that holds ltw_selftest, ltw_bench_batched, libdnnl.so.3 and this script; writes to $1. Fast parts come first.
here=$(dirname "$(readlink -f "$0")")
out=$1
mkdir -p "$out"
export LTW_TEST_DEVICES=cuda:0 LD_LIBRARY_PATH="$here:$LD_LIBRARY_PATH" PYTHONUNBUFFERED=1
began=$(date +%s)
say() { echo "== $(($(date +%s) - began)) s: $*"; }

nvidia-smi --query-gpu=name,driver_version,clocks.sm,power.limit --format=csv,noheader
timeout 200 python3 "$here/torch_baseline.py" "$out/bench.done" >"$out/torch.txt" 2>&1 &
torch=$!
say selftest
timeout 60 "$here/ltw_selftest" >"$out/selftest.txt" 2>&1
grep -v '^ok' "$out/selftest.txt" | cut -c1-400
say 'selftest, kernels of compute capability 8.0'
LTW_CUDA_CAPABILITY=80 timeout 60 "$here/ltw_selftest" >"$out/selftest80.txt" 2>&1
grep -v '^ok' "$out/selftest80.txt" | cut -c1-400
say bench
timeout 80 "$here/ltw_bench_batched" >"$out/bench.txt" 2>"$out/bench.err"
cat "$out/bench.err"
cp "$out/bench.txt" "$out/bench.part" && mv "$out/bench.part" "$out/bench.done"
say torch
wait $torch
cat "$out/torch.txt"
say 'bench, kernels of compute capability 8.0'
for family in conv2d linear; do LTW_CUDA_CAPABILITY=80 timeout 40 "$here/ltw_bench_batched" $family; done >"$out/bench80.txt" 2>&1
cut -f 2,3,4 "$out/bench80.txt"
rm -f "$out/bench.done"
for tool in ${LTW_SANITIZERS:-memcheck racecheck initcheck}; do
  say "$tool"
  for filter in ${LTW_SANITIZED:-linear_epilogues conv2d_epilogues conv2d_upsample attention_causal attention_head group_norm_two layer_norm elementwise}; do
    timeout 25 compute-sanitizer --tool "$tool" "$here/ltw_selftest" "$filter" >"$out/$tool.txt" 2>&1
    echo "$filter: exit $?, $(grep 'ERROR SUMMARY' "$out/$tool.txt")"
    grep -m3 -A6 '========= [A-Z].*\(Invalid\|Race\|Uninit\|Error\)' "$out/$tool.txt"
  done
done
say end
