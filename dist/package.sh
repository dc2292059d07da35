#!/usr/bin/env bash
# package.sh JAVA_HOME NAME: makes target/NAME, a folder that runs without an installed Java and unpacks nothing
# when it starts, and target/NAME.tar.xz. Maven has put all jars into target/jars.
set -euo pipefail
java_home=$1
name=$2
cd "$(dirname "$0")"
out=target/$name
rm -rf "$out" target/unpacked
mkdir -p "$out"/{bin,lib/jars,lib/native,models,licenses} target/unpacked

# Classes are stored, not compressed, here and in the jars: xz does better, and Java starts faster.
modules=java.base,java.logging,java.management,java.net.http,jdk.crypto.ec,jdk.unsupported
"$java_home/bin/jlink" --add-modules $modules --strip-debug --no-header-files --no-man-pages --output "$out/lib/java"
strip --strip-unneeded "$out/lib/java/lib/server/libjvm.so"
"$out/lib/java/bin/java" -XX:+UseSerialGC -Xshare:dump >target/share.log 2>&1

for jar in target/jars/*.jar; do
  folder=target/unpacked/$(basename "$jar" .jar)
  mkdir "$folder"
  (cd "$folder" && "$java_home/bin/jar" --extract --file="../../jars/${jar##*/}")
done

# What a render to each kind of video loads, and an init image; check.sh would miss what is not here.
for library in javacpp/libjnijavacpp dnnl/lib{dnnl,gomp} ffmpeg/lib{,jni}{av{util,codec,format,filter},sw{resample,scale}} \
  ffmpeg/lib{va,va-drm,drm} opencv/lib{,jni}opencv_{core,imgproc,imgcodecs,videoio} cuda/libjninvml; do
  cp target/unpacked/*/org/bytedeco/"${library%/*}"/linux-x86_64/"${library#*/}".so* "$out/lib/native"
done
cp target/unpacked/latentween-*/dev/latentween/engine/internal/linux-x86_64/*tween*.so "$out/lib/native"
# OpenCV is linked with OpenBLAS for matrix decompositions. Nothing here decomposes a matrix, so empty libraries
# of those names save 8 MB; the linker looks for a function when it is first called.
for library in libopenblas.so.0 libjniopenblas.so libjniopenblas_nolapack.so; do
  echo | cc -shared -nostdlib -x c -Wl,-soname,$library -o "$out/lib/native/$library" -
done
strip --strip-unneeded "$out"/lib/native/*

for folder in target/unpacked/*; do
  case $folder in *-linux-x86_64) continue ;; esac
  find "$folder" -name '*.so' -delete
  "$java_home/bin/jar" --create --no-compress --file="$out/lib/jars/${folder##*/}.jar" -C "$folder" .
done

cp latentween "$out/bin"
cp -r ../models/demo "$out/models"
cp -r ../examples ../LICENSE ../README.md THIRD_PARTY.md "$out"
cp -r licenses/* target/unpacked/opencv-*/org/bytedeco/opencv/linux-x86_64/share/licenses/opencv4 "$out/licenses"

tar --create --directory=target --sort=name --owner=0 --group=0 --numeric-owner "$name" |
  xz --x86 --lzma2=preset=6,dict=64MiB >"$out.tar.xz"
du -h "$out.tar.xz"
