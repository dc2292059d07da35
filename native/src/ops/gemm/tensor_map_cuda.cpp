#include "backend/cuda/error.h"
#include "ops/gemm/tensor_map.h"

namespace ltw::cuda {
namespace {

// The driver's functions, found through the runtime: the library is not linked to the driver.
template <class Function>
Function* driver_function(const char* name) {
  void* found = nullptr;
  cudaDriverEntryPointQueryResult result{};
  check(cudaGetDriverEntryPointByVersion(name, &found, 12000, cudaEnableDefault, &result), name);
  ensure(result == cudaDriverEntryPointSuccess, "the NVIDIA driver has no ", name);
  return reinterpret_cast<Function*>(found);
}

void require(CUresult result, const char* what) {
  ensure(result == CUDA_SUCCESS, what, " refuses: CUDA driver error ", static_cast<int>(result));
}

CUtensorMapSwizzle swizzle_of(int64_t row_bytes) {
  return row_bytes == 128  ? CU_TENSOR_MAP_SWIZZLE_128B
         : row_bytes == 64 ? CU_TENSOR_MAP_SWIZZLE_64B
         : row_bytes == 32 ? CU_TENSOR_MAP_SWIZZLE_32B
                           : CU_TENSOR_MAP_SWIZZLE_NONE;
}

template <class Element>
CUtensorMap map_of(CUtensorMapDataType type, const Element* data, const TensorAxis* axes, int count) {
  static auto* const encode = driver_function<decltype(cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled");
  std::array<cuuint64_t, 5> sizes{}, strides{};
  std::array<cuuint32_t, 5> box{}, steps{1, 1, 1, 1, 1};
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    sizes[at] = static_cast<cuuint64_t>(axes[i].size);
    box[at] = static_cast<cuuint32_t>(axes[i].box);
    if (i > 0) strides[at - 1] = static_cast<cuuint64_t>(axes[i].stride * sizeof(Element));
  }
  CUtensorMap map;
  require(encode(&map, type, static_cast<cuuint32_t>(count), const_cast<Element*>(data), sizes.data(),
                 strides.data(), box.data(), steps.data(), CU_TENSOR_MAP_INTERLEAVE_NONE,
                 swizzle_of(axes[0].box * sizeof(Element)), CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                 CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
          "cuTensorMapEncodeTiled");
  return map;
}

}  // namespace

CUtensorMap tensor_map(const __half* data, const TensorAxis* axes, int count) {
  return map_of(CU_TENSOR_MAP_DATA_TYPE_FLOAT16, data, axes, count);
}

CUtensorMap tensor_map(const float* data, const TensorAxis* axes, int count) {
  return map_of(CU_TENSOR_MAP_DATA_TYPE_FLOAT32, data, axes, count);
}

CUtensorMap window_map(const __half* data, const WindowGeometry& g) {
  static auto* const encode = driver_function<decltype(cuTensorMapEncodeIm2col)>("cuTensorMapEncodeIm2col");
  const cuuint64_t sizes[] = {static_cast<cuuint64_t>(g.channels), static_cast<cuuint64_t>(g.width),
                              static_cast<cuuint64_t>(g.height), static_cast<cuuint64_t>(g.samples)};
  const auto bytes = static_cast<cuuint64_t>(g.pixel_stride * sizeof(__half));
  const cuuint64_t strides[] = {bytes, bytes * sizes[1], bytes * sizes[1] * sizes[2]};
  // The window's corner goes from -pad_begin to where the last output stands; the bounds of the upper corner
  // count from the last pixel.
  const int lower[] = {-g.pad_begin, -g.pad_begin};
  const int upper[] = {static_cast<int>((g.out_width - 1) * g.stride - g.pad_begin - (g.width - 1)),
                       static_cast<int>((g.out_height - 1) * g.stride - g.pad_begin - (g.height - 1))};
  const auto step = static_cast<cuuint32_t>(g.stride);
  const cuuint32_t steps[] = {1, step, step, 1};
  CUtensorMap map;
  require(encode(&map, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 4, const_cast<__half*>(data), sizes, strides, lower,
                 upper, 64, static_cast<cuuint32_t>(g.pixels), steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                 CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                 CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
          "cuTensorMapEncodeIm2col");
  return map;
}

}  // namespace ltw::cuda
