# -DLTW_SANITIZE=ON: AddressSanitizer and UndefinedBehaviorSanitizer, for ltw_selftest.
option(LTW_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
add_library(ltw_sanitizers INTERFACE)
if(LTW_SANITIZE)
  set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_compile_options(ltw_sanitizers INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${flags}>)
  target_link_options(ltw_sanitizers INTERFACE ${flags})
endif()
