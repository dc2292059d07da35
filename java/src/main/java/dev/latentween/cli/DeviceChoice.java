package dev.latentween.cli;

import static java.util.stream.Collectors.joining;

import dev.latentween.engine.DeviceInfo;
import dev.latentween.engine.Devices;
import dev.latentween.settings.UserError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What {@code --device} asks for, and which devices that are here. */
final class DeviceChoice {
  private static final Pattern NAME = Pattern.compile("cpu|cuda(:(all|\\d{1,4}))?");
  private static final int DEVICE_EXIT_CODE = 4;

  /** Newest first, then largest, then that with the most free memory. */
  private static final Comparator<DeviceInfo> BEST =
      Comparator.comparingInt(DeviceInfo::capability)
          .thenComparingInt(DeviceInfo::multiprocessors)
          .thenComparingLong(DeviceInfo::freeBytes);

  /** The devices to render on, and a line that tells of a choice that the user did not make. */
  record Chosen(List<String> names, String note) {}

  private final String option;
  private final List<String> names;

  /**
   * Reads the option.
   *
   * @param option names with commas; null for the best device there is
   * @throws UserError if it is none
   */
  DeviceChoice(String option) {
    this.option = option;
    names = option == null ? List.of() : List.of(option.split(",", -1));
    if (!names.stream().allMatch(name -> NAME.matcher(name).matches())) {
      throw new UserError(
          "--device is "
              + option
              + "; it must be cpu, cuda, cuda:N, cuda:all or several of these with commas between");
    }
  }

  /**
   * Looks for the devices.
   *
   * @param find asked only if the answer matters
   * @throws UserError if a GPU is asked for and none can be used
   */
  Chosen among(Supplier<Devices> find) {
    if (option == null) {
      return best(find.get());
    }
    List<String> chosen = new ArrayList<>();
    String note = "";
    for (String name : names) {
      switch (name) {
        case "cuda" -> chosen.add(bestOf(usable(find.get())).device());
        case "cuda:all" -> {
          Devices devices = find.get();
          usable(devices).forEach(gpu -> chosen.add(gpu.device()));
          note = problems(devices).map(problem -> "not on " + problem).collect(joining("; "));
        }
        default -> chosen.add(name);
      }
    }
    return new Chosen(chosen, note);
  }

  private static Chosen best(Devices devices) {
    List<DeviceInfo> usable = devices.gpus().stream().filter(DeviceInfo::usable).toList();
    if (usable.isEmpty()) {
      return new Chosen(List.of("cpu"), "rendering on the CPU; " + whyNone(devices));
    }
    DeviceInfo best = bestOf(usable);
    return new Chosen(List.of(best.device()), "rendering on " + best.device() + ", " + best.name());
  }

  private List<DeviceInfo> usable(Devices devices) {
    List<DeviceInfo> usable = devices.gpus().stream().filter(DeviceInfo::usable).toList();
    if (usable.isEmpty()) {
      throw new UserError(
          "--device is " + option + "; " + whyNone(devices), DEVICE_EXIT_CODE, null);
    }
    return usable;
  }

  private static DeviceInfo bestOf(List<DeviceInfo> usable) {
    // Of equal ones the first.
    return usable.stream().reduce((a, b) -> BEST.compare(b, a) > 0 ? b : a).orElseThrow();
  }

  /** Why no GPU can be used. */
  static String whyNone(Devices devices) {
    return problems(devices).findFirst().orElse(devices.whyNone());
  }

  private static Stream<String> problems(Devices devices) {
    return devices.gpus().stream()
        .filter(gpu -> !gpu.usable())
        .map(gpu -> gpu.device() + ", " + gpu.name() + ": " + gpu.problem());
  }
}
