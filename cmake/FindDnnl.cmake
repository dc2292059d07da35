# oneDNN as Bytedeco's dnnl jar ships it: headers and libdnnl.so.3 in one folder. Maven unpacks that jar to
# native/target/dnnl; another unpacked copy is named with -DDNNL_ROOT=DIR.
set(DNNL_ROOT "${CMAKE_CURRENT_SOURCE_DIR}/target/dnnl/org/bytedeco/dnnl/linux-x86_64"
    CACHE PATH "Folder with include/dnnl.hpp and libdnnl.so.3")
find_path(Dnnl_INCLUDE_DIR dnnl.hpp PATHS "${DNNL_ROOT}/include" NO_DEFAULT_PATH)
find_file(Dnnl_LIBRARY libdnnl.so.3 PATHS "${DNNL_ROOT}" "${DNNL_ROOT}/lib" NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Dnnl REQUIRED_VARS Dnnl_LIBRARY Dnnl_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Run 'mvn -pl native generate-resources' once: it unpacks oneDNN.")
if(Dnnl_FOUND AND NOT TARGET Dnnl::dnnl)
  add_library(Dnnl::dnnl SHARED IMPORTED)
  set_target_properties(Dnnl::dnnl PROPERTIES IMPORTED_LOCATION "${Dnnl_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${Dnnl_INCLUDE_DIR}")
endif()
