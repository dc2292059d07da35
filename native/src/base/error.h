// What the core throws. Only src/api catches it and turns it into a status and a message.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace ltw {

// The values of ltw_status, so that src/api can pass them on as they are.
enum class Status {
  kInvalidArgument = 1,
  kInvalidState = 2,
  kOutOfMemory = 3,
  kDeviceError = 4,
  kCancelled = 5,
  kNotFinite = 6,
  kInternalError = 7,
};

class Error : public std::runtime_error {
 public:
  Error(Status status, const std::string& message) : std::runtime_error(message), status_(status) {}
  Status status() const { return status_; }

 private:
  Status status_;
};

template <typename... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <typename... Parts>
[[noreturn]] void fail(Status status, const Parts&... parts) {
  throw Error(status, text(parts...));
}

// For the caller's mistakes.
template <typename... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) fail(Status::kInvalidArgument, parts...);
}

// For our own.
template <typename... Parts>
void ensure(bool condition, const Parts&... parts) {
  if (!condition) fail(Status::kInternalError, parts...);
}

}  // namespace ltw
