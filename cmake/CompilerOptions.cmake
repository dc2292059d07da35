# For our own code: warnings are errors.
add_library(ltw_compiler_options INTERFACE)
target_compile_options(ltw_compiler_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror>)
# AVX2 and FMA, as every x86-64 server and desktop since 2015 has; oneDNN picks wider code by itself.
target_compile_options(ltw_compiler_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-v3>)
# nvcc's own warnings, and the host compiler's for the host half (nvcc's generated code is not pedantic).
target_compile_options(ltw_compiler_options INTERFACE $<$<COMPILE_LANGUAGE:CUDA>:
  -Werror=all-warnings -Xcompiler=-Wall,-Wextra,-Werror,-march=x86-64-v3 -lineinfo>)
