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
# Every kernel family and tile, a line in 5 to 20 s. gemm_every_tile_test.cpp has all tiles of products on little work,
# conv2d_channels the loads that are not in pieces. LTW_CUDA_CAPABILITY=80: the kernels of older devices.
sanitize() {
  capability=$1 tool=$2
  shift 2
  for filter in "$@"; do
    name="$tool $filter${capability:+ as $capability}" found="$out/$tool-$filter$capability.txt"
    (
      [ -n "$capability" ] && export LTW_CUDA_CAPABILITY="$capability"
      timeout 60 compute-sanitizer --tool "$tool" "$here/ltw_selftest" "$filter" >"$found" 2>&1
      echo "$name: exit $?, $(grep -h 'SUMMARY' "$found" | cut -d: -f2), $(grep 'passed' "$found")"
      grep -m3 -A6 '========= [A-Z].*\(Invalid\|Race\|Uninit\|Error:\)' "$found"
    ) &
    running=$((${running:-0} + 1))
    [ $((running % ${LTW_AT_ONCE:-4})) -eq 0 ] && wait
  done
}
kernels='of_the_copy_engine every_tile_of_mma conv2d_channels conv2d_upsample linear_epilogues attention_heads_of_8
  attention_heads_of_40 attention_heads_of_96 attention_growing attention_causal group_norm_two small_ layer_norm_shapes error_norm'
for tool in ${LTW_SANITIZERS:-memcheck racecheck initcheck}; do
  say "$tool"
  # shellcheck disable=SC2086 # several words
  sanitize '' "$tool" ${LTW_SANITIZED:-$kernels noise_into elementwise}
  sanitize 80 "$tool" ${LTW_SANITIZED80:-attention_heads_of_40 conv2d_upsample}
  wait
done
say end
