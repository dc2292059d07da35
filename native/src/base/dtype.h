#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

namespace ltw {

enum class DType { kF32 = 0, kF16 = 1, kBF16 = 2, kI32 = 3, kU8 = 4, kU16 = 5, kE4M3 = 6 };

constexpr int64_t size_of(DType type) {
  switch (type) {
    case DType::kF32:
    case DType::kI32:
      return 4;
    case DType::kF16:
    case DType::kBF16:
    case DType::kU16:
      return 2;
    case DType::kU8:
    case DType::kE4M3:
      return 1;
  }
  return 0;
}

constexpr const char* name_of(DType type) {
  switch (type) {
    case DType::kF32:
      return "float32";
    case DType::kF16:
      return "float16";
    case DType::kBF16:
      return "bfloat16";
    case DType::kI32:
      return "int32";
    case DType::kU8:
      return "uint8";
    case DType::kU16:
      return "uint16";
    case DType::kE4M3:
      return "float8 (e4m3)";
  }
  return "?";
}

inline float bf16_to_float(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

// IEEE 754 binary16; exact, subnormals and non-finite values included.
inline float f16_to_float(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1fu;
  const uint32_t mantissa = bits & 0x3ffu;
  uint32_t wide;
  if (exponent == 0x1f) {
    wide = sign | 0x7f800000u | (mantissa << 13);
  } else if (exponent != 0) {
    wide = sign | ((exponent + 112) << 23) | (mantissa << 13);
  } else {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    std::memcpy(&wide, &magnitude, sizeof wide);
    wide |= sign;
  }
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

// 4 bits of exponent, 3 of mantissa, no infinity; NaN is all ones.
inline float e4m3_to_float(uint8_t bits) {
  const int exponent = (bits >> 3) & 0xf, mantissa = bits & 0x7;
  float value = exponent == 0
                    ? static_cast<float>(mantissa) * 0x1p-9f
                    : static_cast<float>(8 + mantissa) * 0x1p-10f * static_cast<float>(1 << exponent);
  if (exponent == 0xf && mantissa == 0x7) value = std::numeric_limits<float>::quiet_NaN();
  return bits & 0x80 ? -value : value;
}

}  // namespace ltw
