package dev.latentween.settings;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every setting that counts: its name, type, default, range and help, in this one place.
 *
 * <p>Names and defaults are deforum-stable-diffusion 0.7.1's. Its own are marked so in its help:
 * none of the names below that Deforum lacks has another meaning there.
 */
public final class Catalogue {
  private static final long MAX_SEED = 0xFFFF_FFFFL;

  /** Interpolation, the mode there is. */
  enum Mode implements Named {
    INTERPOLATION;

    @Override
    public String settingName() {
      return "Interpolation";
    }
  }

  static final Field<Mode> ANIMATION_MODE =
      Field.of(
          "animation_mode",
          FieldType.choice(Mode.values()),
          Mode.INTERPOLATION,
          "Deforum's mode",
          s -> Mode.INTERPOLATION);

  static final Field<Prompts> PROMPTS =
      new Field<>(
          "prompts",
          List.of("animation_prompts", "cond_prompts"),
          Prompts.type(false),
          Optional.empty(),
          true,
          true,
          "the key prompts, in order",
          s -> Optional.of(s.positives()));

  static final Field<Prompts> NEG_PROMPTS =
      Field.of(
              "neg_prompts",
              Prompts.type(true),
              Prompts.of(""),
              "what to steer away from: one text, or one a prompt, blended as they are",
              Settings::negatives)
          .alias("uncond_prompts");

  static final Field<Integer> INTERPOLATE_X_FRAMES =
      Field.of(
          "interpolate_x_frames",
          FieldType.whole(0, 100_000),
          20,
          "in-between frames of each pair of prompts",
          Settings::interpolateXFrames);

  static final Field<Boolean> INTERPOLATE_KEY_FRAMES =
      Field.of(
          "interpolate_key_frames",
          FieldType.flag(),
          false,
          "space key frames by the prompts' keys instead",
          Settings::interpolateKeyFrames);

  static final Field<Integer> W =
      Field.of(
          "W",
          FieldType.whole(64, 8192),
          512,
          "width in pixels, rounded down to a multiple of 64",
          Settings::width);

  static final Field<Integer> H =
      Field.of(
          "H",
          FieldType.whole(64, 8192),
          512,
          "height in pixels, rounded down to a multiple of 64",
          Settings::height);

  static final Field<Long> SEED =
      Field.of(
          "seed",
          FieldType.wide(-1, MAX_SEED),
          -1L,
          "the noise of all frames; -1 draws one",
          Settings::seed);

  static final Field<List<Long>> KEY_SEEDS =
      Field.optional(
          "key_seeds",
          FieldType.wholes(0, MAX_SEED),
          "a seed for each prompt: all noise is blended (slerp) as prompts are",
          s -> Optional.of(s.keySeeds()).filter(seeds -> !seeds.isEmpty()));

  static final Field<NoiseDevice> NOISE_DEVICE =
      Field.of(
          "noise_device",
          FieldType.choice(NoiseDevice.values()),
          NoiseDevice.CUDA,
          "draw noise as torch does on this device",
          Settings::noiseDevice);

  static final Field<Sampler> SAMPLER =
      Field.of(
          "sampler",
          FieldType.choice(Sampler.values()),
          Sampler.EULER_ANCESTRAL,
          "the sampler",
          Settings::sampler);

  static final Field<Integer> STEPS =
      Field.of(
          "steps",
          FieldType.whole(1, 1000),
          50,
          "sampler steps; with an init image only the last (1 - strength) of them run",
          Settings::steps);

  static final Field<SigmaSchedule> SIGMAS =
      Field.of(
          "sigmas",
          FieldType.choice(SigmaSchedule.values()),
          SigmaSchedule.COMPVIS,
          "noise levels of the steps",
          Settings::sigmaSchedule);

  static final Field<Double> SCALE =
      Field.of(
          "scale",
          FieldType.number(0, 100),
          7.0,
          "classifier-free guidance; 1 is none, at half the cost",
          Settings::scale);

  static final Field<Double> DDIM_ETA =
      Field.of(
          "ddim_eta",
          FieldType.number(0, 1),
          0.0,
          "fresh noise in each step of ddim",
          Settings::ddimEta);

  static final Field<Integer> CLIP_SKIP =
      Field.of(
          "clip_skip",
          FieldType.whole(1, 12),
          1,
          "text encoder's layer, counted from the end; 1 is the last",
          Settings::clipSkip);

  static final Field<Boolean> USE_INIT =
      Field.of(
          "use_init",
          FieldType.flag(),
          false,
          "start every frame from init_image",
          Settings::useInit);

  static final Field<String> INIT_IMAGE =
      Field.optional(
          "init_image",
          FieldType.text("file or http(s) URL"),
          "the picture; a path counts from the settings file's folder",
          s -> s.initImage().map(Catalogue::spell));

  static final Field<Double> STRENGTH =
      Field.of(
          "strength",
          FieldType.number(0, 1),
          0.65,
          "how much of the init image stays",
          Settings::strength);

  static final Field<Fit> FIT =
      Field.of(
          "fit",
          FieldType.choice(Fit.values()),
          Fit.STRETCH,
          "how an init image of another shape is made to fit",
          Settings::fit);

  static final Field<Integer> BIT_DEPTH_OUTPUT =
      Field.of(
          "bit_depth_output",
          FieldType.oneOf("8 or 16; 32 (EXR) is not supported", List.of(8, 16)),
          8,
          "bits a channel in the PNG files",
          Settings::bitDepth);

  static final Field<Boolean> SAVE_SAMPLES =
      Field.of(
              "save_samples",
              FieldType.flag(),
              true,
              "keep the frames as PNG files; if false there is only the video",
              Settings::saveSamples)
          .output();

  static final Field<Double> FPS =
      Field.of("fps", FieldType.number(1, 240), 15.0, "the video's frames a second", Settings::fps)
          .output();

  static final Field<String> OUTPUT_PATH =
      Field.of(
              "output_path",
              FieldType.text("folder"),
              "outputs",
              "the folder for all output",
              Settings::outputPath)
          .output();

  static final Field<String> BATCH_NAME =
      Field.of(
              "batch_name",
              FieldType.text("folder name"),
              "StableFun",
              "the folder inside output_path/YYYY-MM",
              Settings::batchName)
          .output();

  static final Field<String> OUTDIR =
      Field.<String>optional(
              "outdir",
              FieldType.text("folder"),
              "the frames' folder itself, instead of output_path/YYYY-MM/batch_name",
              s -> Optional.of(s.outdir().toString()))
          .output();

  static final Field<Boolean> RESUME_FROM_TIMESTRING =
      Field.of(
              "resume_from_timestring",
              FieldType.flag(),
              false,
              "continue the render named by resume_timestring",
              s -> s.resumeTimestring().isPresent())
          .output();

  static final Field<String> RESUME_TIMESTRING =
      Field.of(
              "resume_timestring",
              FieldType.text("timestring"),
              "20220829210106",
              "the first part of its files' names",
              s -> s.resumeTimestring().orElse("20220829210106"))
          .output();

  static final Field<Precision> PRECISION =
      Field.of(
          "precision",
          FieldType.choice(Precision.values()),
          Precision.AUTOCAST,
          "fp8: 8 bits in most of the UNet, faster and slightly other pictures; H100 and H200 only",
          Settings::precision);

  static final Field<Compat> COMPAT =
      Field.of(
          "compat",
          FieldType.choice(Compat.values()),
          Compat.NONE,
          "dsd-0.7.1 repeats Deforum's faults: no negative prompts, last pair only with key frames",
          Settings::compat);

  /** Every field, in the order they are shown and written. */
  public static final List<Field<?>> FIELDS =
      List.of(
          ANIMATION_MODE,
          PROMPTS,
          NEG_PROMPTS,
          INTERPOLATE_X_FRAMES,
          INTERPOLATE_KEY_FRAMES,
          W,
          H,
          SEED,
          KEY_SEEDS,
          NOISE_DEVICE,
          SAMPLER,
          STEPS,
          SIGMAS,
          SCALE,
          DDIM_ETA,
          CLIP_SKIP,
          USE_INIT,
          INIT_IMAGE,
          STRENGTH,
          FIT,
          BIT_DEPTH_OUTPUT,
          SAVE_SAMPLES,
          FPS,
          OUTPUT_PATH,
          BATCH_NAME,
          OUTDIR,
          RESUME_FROM_TIMESTRING,
          RESUME_TIMESTRING,
          PRECISION,
          COMPAT);

  private static final Map<String, Field<?>> BY_NAME = byName();

  private Catalogue() {}

  /** The field of a name or of one of its other names. */
  public static Optional<Field<?>> find(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** Every name a settings file may hold, Deforum's other settings included. */
  static List<String> names() {
    List<String> names = new ArrayList<>(BY_NAME.keySet());
    names.addAll(DeforumOnly.names());
    return names;
  }

  private static Map<String, Field<?>> byName() {
    Map<String, Field<?>> byName = new HashMap<>();
    for (Field<?> field : FIELDS) {
      byName.put(field.name(), field);
      field.aliases().forEach(alias -> byName.put(alias, field));
    }
    return byName;
  }

  /** Files as plain paths, as people write them. */
  private static String spell(URI image) {
    return "file".equals(image.getScheme()) ? Path.of(image).toString() : image.toString();
  }
}
