#!/bin/sh
# Everything that needs a GPU, in one run: the ops' tests, single ops and networks beside torch's, where the UNet's
# time goes, the sanitizers. Run in a folder that holds ltw_selftest, ltw_bench, libdnnl.so.3, torch_baseline.py,
# torch_networks.py and this script; writes to $1. Fast parts come first.
here=$(dirname "$(readlink -f "$0")")
out=$1
mkdir -p "$out"
export LTW_TEST_DEVICES=cuda:0 LD_LIBRARY_PATH="$here:$LD_LIBRARY_PATH" PYTHONUNBUFFERED=1
began=$(date +%s)
say() { echo "== $(($(date +%s) - began)) s: $*"; }

nvidia-smi --query-gpu=name,driver_version,clocks.sm,power.limit --format=csv,noheader
say selftest
timeout 60 "$here/ltw_selftest" >"$out/selftest.txt" 2>&1
grep -v '^ok' "$out/selftest.txt" | cut -c1-400
say 'selftest, kernels of compute capability 8.0'
LTW_CUDA_CAPABILITY=80 timeout 60 "$here/ltw_selftest" >"$out/selftest80.txt" 2>&1
grep -v '^ok' "$out/selftest80.txt" | cut -c1-400
say 'ops in torch'
networks='unet-32 unet-2 vae-8'
timeout 60 "$here/ltw_bench" profile $networks --list >"$out/listed.txt"
for batch in 32 2; do timeout 30 "$here/ltw_bench" ops --batch $batch --list >>"$out/listed.txt"; done
timeout 90 python3 "$here/torch_baseline.py" "$out/listed.txt" >"$out/torch.tsv" 2>"$out/torch.err"
grep '^#' "$out/torch.tsv"
say ops
for batch in 32 2; do timeout 40 "$here/ltw_bench" ops --batch $batch --torch "$out/torch.tsv"; done | tee "$out/ops.tsv"
say profile
timeout 60 "$here/ltw_bench" profile $networks --torch "$out/torch.tsv" | tee "$out/profile.tsv"
say networks
timeout 60 "$here/ltw_bench" networks >"$out/networks.tsv"
timeout 100 python3 -W ignore "$here/torch_networks.py" --ours "$out/networks.tsv" --loop 2>"$out/networks.err"
say 'products, kernels of compute capability 8.0'
for family in conv2d linear; do LTW_CUDA_CAPABILITY=80 timeout 40 "$here/ltw_bench" ops $family --torch "$out/torch.tsv"; done
for tool in ${LTW_SANITIZERS:-memcheck racecheck initcheck}; do
  say "$tool"
  for filter in ${LTW_SANITIZED:-linear_epilogues conv2d_epilogues conv2d_upsample attention_causal attention_head group_norm_two small_ layer_norm elementwise}; do
    timeout 25 compute-sanitizer --tool "$tool" "$here/ltw_selftest" "$filter" >"$out/$tool.txt" 2>&1
    echo "$filter: exit $?, $(grep 'ERROR SUMMARY' "$out/$tool.txt")"
    grep -m3 -A6 '========= [A-Z].*\(Invalid\|Race\|Uninit\|Error\)' "$out/$tool.txt"
  done
done
say end
