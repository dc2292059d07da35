// The functions of NVML that the benchmark asks, of a machine with one GPU. Layouts and version numbers are
// those of nvml.h; a wrong one in a question is an error in the answer.
#include <cstring>

using Device = void*;
using u32 = unsigned;
using u64 = unsigned long long;

static const Device kDevice = reinterpret_cast<Device>(0x1234);
enum { kOk = 0, kInvalid = 2, kNotSupported = 3, kNotFound = 6, kTooSmall = 7, kVersion = 25 };

struct Process {
  u32 pid;
  u64 bytes;
  u32 gpu_instance, compute_instance;
};
struct Utilization {
  u32 gpu, memory;
};
struct Memory {
  u32 version;
  u64 total, reserved, free, used;
};

static int answer(Device device, u32* out, u32 value) {
  if (device != kDevice) return kInvalid;
  *out = value;
  return kOk;
}

extern "C" {
int nvmlInit_v2() { return kOk; }
const char* nvmlErrorString(int) { return "Not Found"; }
int nvmlDeviceGetHandleByPciBusId_v2(const char* id, Device* device) {
  *device = kDevice;
  return std::strcmp(id, "0000:1b:00.0") == 0 ? kOk : kNotFound;
}
int nvmlDeviceGetCount_v2(u32* out) { return *out = 1, kOk; }
int nvmlDeviceGetHandleByIndex_v2(u32 index, Device* device) {
  *device = kDevice;
  return index == 0 ? kOk : kInvalid;
}
int nvmlDeviceGetIndex(Device d, u32* out) { return answer(d, out, 0); }
int nvmlDeviceGetName(Device, char* name, u32) { return std::strcpy(name, "NVIDIA Test"), kOk; }
int nvmlSystemGetDriverVersion(char* version, u32) { return std::strcpy(version, "580.1"), kOk; }
int nvmlDeviceGetEccMode(Device d, u32* now, u32*) { return answer(d, now, 1); }
int nvmlDeviceGetPowerManagementLimit(Device d, u32* out) { return answer(d, out, 500000); }
int nvmlDeviceGetPowerManagementDefaultLimit(Device d, u32* out) { return answer(d, out, 700000); }
int nvmlDeviceGetClockInfo(Device d, int clock, u32* out) { return answer(d, out, clock == 1 ? 1500 : 2600); }
int nvmlDeviceGetMaxClockInfo(Device d, int clock, u32* out) {
  return answer(d, out, clock == 1 ? 1980 : 2619);
}
int nvmlDeviceGetCurrPcieLinkGeneration(Device d, u32* out) { return answer(d, out, 4); }
int nvmlDeviceGetMaxPcieLinkGeneration(Device d, u32* out) { return answer(d, out, 5); }
int nvmlDeviceGetCurrPcieLinkWidth(Device d, u32* out) { return answer(d, out, 8); }
int nvmlDeviceGetMaxPcieLinkWidth(Device d, u32* out) { return answer(d, out, 16); }
int nvmlDeviceGetPowerUsage(Device, u32*) { return kNotSupported; }
int nvmlDeviceGetTotalEnergyConsumption(Device, u64* out) { return *out = 123456, kOk; }
int nvmlDeviceGetCurrentClocksEventReasons(Device, u64* out) { return *out = 0x1 | 0x4 | 0x40, kOk; }
int nvmlDeviceGetComputeRunningProcesses_v3(Device, u32* count, Process* processes) {
  if (*count < 2) return kTooSmall;
  *count = 2;
  processes[0].pid = 11;
  processes[1].pid = 22;
  return kOk;
}
int nvmlDeviceGetUtilizationRates(Device, Utilization* busy) { return busy->gpu = 33, kOk; }
int nvmlDeviceGetMemoryInfo_v2(Device, Memory* memory) {
  if (memory->version != (sizeof(Memory) | 2 << 24)) return kVersion;
  memory->total = 80ull << 30;
  static u64 used = 12345; // and grows, as by a CUDA context of the process that asks
  memory->used = used;
  used = 1ull << 30;
  return kOk;
}
}
