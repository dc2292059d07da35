// Runs every registered test, or those whose name contains the first argument.
#include "selftest.h"

#include <chrono>
#include <cstdio>
#include <cstring>

namespace ltw::test {

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

}  // namespace ltw::test

int main(int argc, char** argv) {
  const char* filter = argc > 1 ? argv[1] : "";
  int passed = 0, failed = 0;
  for (const auto& test : ltw::test::tests()) {
    const char* slash = std::strrchr(test.name.c_str(), '/');
    const std::string name = slash ? slash + 1 : test.name;
    if (name.find(filter) == std::string::npos) continue;
    const auto start = std::chrono::steady_clock::now();
    try {
      test.body();
      ++passed;
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      std::printf("ok      %s (%.2f s)\n", name.c_str(), seconds.count());
    } catch (const std::exception& error) {
      ++failed;
      std::printf("FAILED  %s: %s\n", name.c_str(), error.what());
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
