#!/usr/bin/env bash
# check.sh NAME: unpacks target/NAME.tar.xz and renders with it as on a machine that has nothing else: no
# environment, no Java, an empty home.
set -euo pipefail
name=$1
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "check.sh: $*" >&2
  exit 1
}

tar --extract --directory="$work" --file="target/$name.tar.xz"
home=$work/$name
mkdir "$work"/{bin,home,out}
ln -s "$(command -v readlink)" "$work/bin"

latentween() {
  env -i HOME="$work/home" PATH="$work/bin" "$home/bin/latentween" "$@"
}
everything_but_output() {
  find "$work" -path "$work/out" -prune -o -newer "$work/start" -print
}

# Of the libraries that are needed only what every system has may be missing in lib/, and what comes with
# NVIDIA's driver.
system='(ld-linux-x86-64|libc|libm|libgcc_s|libstdc\+\+|libz|libnvidia-ml)\.so\.[0-9]'
missing=$(find "$home/lib" -name '*.so*' -exec readelf -d {} + | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u |
  grep -vE "^$system\$" | grep -vxFf <(find "$home/lib" -name '*.so*' -printf '%f\n') || true)
[ -z "$missing" ] || fail "not in the archive: $missing"

touch "$work/start"
latentween --help | grep -q '^Usage: latentween' || fail "--help prints no usage"
few="-s interpolate_x_frames=0 -s steps=2 -s W=64 -s H=64 --device cpu"
for ending in mp4 webm gif avi; do
  # shellcheck disable=SC2086
  latentween render "$home/examples/city.json" $few --outdir "$work/out/$ending" -o "$work/out/都市.$ending"
  [ -s "$work/out/都市.$ending" ] || fail "no $ending"
  [ "$(find "$work/out/$ending" -name '*.png' | wc -l)" = 7 ] || fail "not seven frames beside the $ending"
done
# A library that this system happens to have would hide one that is in the archive and not found.
# shellcheck disable=SC2086
foreign=$(env -i PATH="$work/bin" LD_DEBUG=files "$home/bin/latentween" render "$home/examples/city.json" $few \
  --outdir "$work/out/libraries" -o "$work/out/libraries.mp4" 2>&1 | sed -n 's/.*calling init: //p' | sort -u |
  grep -v "^$home/" | grep -vE "/$system\$" || true)
[ -z "$foreign" ] || fail "not loaded from the archive: $foreign"
init=$(find "$work/out/mp4" -name '*_00000.png')
# shellcheck disable=SC2086
latentween render "$home/examples/city.json" $few --outdir "$work/out/init" -o "$work/out/init.gif" \
  -s use_init=true -s strength=0.5 -s init_image="$init"
if said=$(latentween render "$home/examples/city.json" -s steps=1 --device cuda -o "$work/out/cuda.mp4" 2>&1); then
  echo "rendered on a GPU"
else
  [ $? = 4 ] && [ "$(wc -l <<<"$said")" = 1 ] || fail "no clear word on the missing GPU: $said"
  echo "without a GPU: $said"
fi
if said=$(latentween bench --model "$home/models/demo" --size 64x64 --steps 1 --device cpu); then
  grep -q '^score ' <<<"$said" || fail "no score in: $said"
else
  fail "bench: exit code $?"
fi
[ -z "$(everything_but_output)" ] || fail "written beside the output: $(everything_but_output)"
echo "the archive works: $(du -h "target/$name.tar.xz" | cut -f1)"
