// The test harness of ltw_selftest: LTW_TEST(name) { ... } registers a test; a failed check throws.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace ltw::test {

struct Test {
  std::string name;
  std::function<void()> body;
};

std::vector<Test>& tests();

struct Registration {
  Registration(const char* name, std::function<void()> body) { tests().push_back({name, std::move(body)}); }
};

template <typename... Parts>
void expect(bool condition, const Parts&... parts) {
  if (!condition) fail(Status::kInternalError, parts...);
}

}  // namespace ltw::test

#define LTW_TEST(name)                                                                  \
  static void name();                                                                   \
  static const ::ltw::test::Registration name##_registration(__FILE__ ":" #name, name); \
  static void name()
