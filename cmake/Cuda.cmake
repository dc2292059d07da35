# -DLTW_CUDA=AUTO|ON|OFF: AUTO builds the CUDA backend where nvcc is found. The CUDA runtime is linked
# statically and looks for the driver when it is first used, so the library also loads where there is none.
set(LTW_CUDA AUTO CACHE STRING "Build the CUDA backend: AUTO, ON or OFF")
set_property(CACHE LTW_CUDA PROPERTY STRINGS AUTO ON OFF)
# Code for 8.0 runs on every 8.x; newer devices than 9.0 compile the PTX when it is first used.
set(LTW_CUDA_ARCHITECTURES "80-real;90a-real;90-virtual" CACHE STRING "CUDA architectures; one alone compiles fastest")

string(TOUPPER "${LTW_CUDA}" LTW_CUDA)  # Maven passes auto, on or off
set(ltw_cuda_enabled OFF)
if(NOT LTW_CUDA STREQUAL "OFF")
  set(CMAKE_CUDA_ARCHITECTURES "${LTW_CUDA_ARCHITECTURES}")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # unknown to CMake 3.25
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    endif()
    find_package(CUDAToolkit REQUIRED)
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    set(CMAKE_CUDA_EXTENSIONS OFF)
    set(ltw_cuda_enabled ON)
  elseif(LTW_CUDA STREQUAL "ON")
    message(FATAL_ERROR "LTW_CUDA is ON, but no nvcc was found; name it with -DCMAKE_CUDA_COMPILER=PATH")
  endif()
endif()
message(STATUS "CUDA backend: ${ltw_cuda_enabled}")
