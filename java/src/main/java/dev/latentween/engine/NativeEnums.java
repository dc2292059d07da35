package dev.latentween.engine;

import dev.latentween.engine.internal.LatentweenC;
import dev.latentween.settings.NoiseDevice;
import dev.latentween.settings.Sampler;
import dev.latentween.settings.SigmaSchedule;

/** The settings' enums as the C interface numbers them. */
final class NativeEnums {
  private NativeEnums() {}

  static int of(Sampler sampler) {
    return switch (sampler) {
      case KLMS -> LatentweenC.LTW_KLMS;
      case DPM2 -> LatentweenC.LTW_DPM2;
      case DPM2_ANCESTRAL -> LatentweenC.LTW_DPM2_ANCESTRAL;
      case HEUN -> LatentweenC.LTW_HEUN;
      case EULER -> LatentweenC.LTW_EULER;
      case EULER_ANCESTRAL -> LatentweenC.LTW_EULER_ANCESTRAL;
      case DPM_FAST -> LatentweenC.LTW_DPM_FAST;
      case DPM_ADAPTIVE -> LatentweenC.LTW_DPM_ADAPTIVE;
      case DPMPP_2S_A -> LatentweenC.LTW_DPMPP_2S_ANCESTRAL;
      case DPMPP_2M -> LatentweenC.LTW_DPMPP_2M;
      case DDIM -> LatentweenC.LTW_DDIM;
      case PLMS -> LatentweenC.LTW_PLMS;
    };
  }

  static int of(SigmaSchedule schedule) {
    return switch (schedule) {
      case COMPVIS -> LatentweenC.LTW_COMPVIS;
      case KARRAS -> LatentweenC.LTW_KARRAS;
    };
  }

  static int of(NoiseDevice device) {
    return switch (device) {
      case CUDA -> LatentweenC.LTW_TORCH_CUDA;
      case CPU -> LatentweenC.LTW_TORCH_CPU;
    };
  }
}
