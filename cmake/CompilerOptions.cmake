# For our own code: warnings are errors.
add_library(ltw_compiler_options INTERFACE)
target_compile_options(ltw_compiler_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion  -Werror)
# AVX2 and FMA, as every x86-64 server and desktop since 2015 has; oneDNN picks wider code by itself.
target_compile_options(ltw_compiler_options INTERFACE -march=x86-64-v3)
