package dev.latentween.benchmarks;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Opaque;
import org.bytedeco.javacpp.annotation.Platform;

/** The binding of {@code ltw_ops.h}: the core's ops one by one. */
@Platform(
    value = "linux-x86_64",
    include = "ltw_ops.h",
    link = "ltw_bench_ops",
    preload = {"gomp@.1", "dnnl@.3"},
    preloadresource = "/org/bytedeco/dnnl/")
final class NativeOps {
  static {
    Loader.load();
  }

  private NativeOps() {}

  /** An op with its inputs. */
  @Opaque
  static final class ltw_op extends Pointer {
    ltw_op(Pointer p) {
      super(p);
    }
  }

  static native ltw_op ltw_op_conv2d(
      String device,
      int threads,
      @Cast("int64_t") long n,
      @Cast("int64_t") long h,
      @Cast("int64_t") long w,
      @Cast("int64_t") long in,
      @Cast("int64_t") long out,
      float[] x,
      float[] weight,
      float[] bias);

  static native ltw_op ltw_op_linear(
      String device,
      int threads,
      @Cast("int64_t") long rows,
      @Cast("int64_t") long in,
      @Cast("int64_t") long out,
      float[] x,
      float[] weight,
      float[] bias);

  static native ltw_op ltw_op_attention(
      String device,
      int threads,
      @Cast("int64_t") long n,
      @Cast("int64_t") long queries,
      @Cast("int64_t") long keys,
      @Cast("int64_t") long width,
      @Cast("int64_t") long heads,
      float[] q,
      float[] k,
      float[] v);

  static native ltw_op ltw_op_group_norm(
      String device,
      int threads,
      @Cast("int64_t") long n,
      @Cast("int64_t") long h,
      @Cast("int64_t") long w,
      @Cast("int64_t") long c,
      @Cast("int64_t") long groups,
      double eps,
      float[] x,
      float[] gamma,
      float[] beta);

  static native @Cast("const char*") BytePointer ltw_ops_error();

  static native void ltw_op_run(ltw_op op);

  static native void ltw_op_wait(ltw_op op);

  static native void ltw_op_result(ltw_op op, float[] y);

  static native void ltw_op_destroy(ltw_op op);
}
