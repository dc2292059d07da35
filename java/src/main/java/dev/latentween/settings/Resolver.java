package dev.latentween.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.YearMonth;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Makes of values that each fit their field one set of settings that fit each other. */
record Resolver(Values values, Path folder, Clock clock, LongSupplier seeds, List<String> notices) {

  Settings resolve() {
    if (values.get(Catalogue.PROMPTS).isEmpty()) {
      throw new UserError(
          "prompts is missing; it must be a list of texts or a map of numbers to texts");
    }
    Prompts prompts = values.of(Catalogue.PROMPTS);
    Compat compat = values.of(Catalogue.COMPAT);
    Optional<URI> initImage =
        values.of(Catalogue.USE_INIT) ? Optional.of(initImage()) : Optional.empty();
    Sampler sampler = sampler(compat, initImage.isPresent());
    Settings settings =
        new Settings(
            floored(Catalogue.W),
            floored(Catalogue.H),
            prompts.texts(),
            prompts.keys(),
            negatives(prompts, compat),
            values.of(Catalogue.INTERPOLATE_X_FRAMES),
            values.of(Catalogue.INTERPOLATE_KEY_FRAMES),
            seed(),
            keySeeds(prompts),
            values.of(Catalogue.NOISE_DEVICE),
            sampler,
            values.of(Catalogue.STEPS),
            sigmas(sampler),
            values.of(Catalogue.SCALE),
            ddimEta(sampler),
            values.of(Catalogue.CLIP_SKIP),
            initImage,
            initImage.isPresent() ? values.of(Catalogue.STRENGTH) : 0.0,
            values.of(Catalogue.FIT),
            values.of(Catalogue.BIT_DEPTH_OUTPUT),
            values.of(Catalogue.SAVE_SAMPLES),
            values.of(Catalogue.FPS),
            values.of(Catalogue.OUTPUT_PATH),
            batchName(),
            outdir(),
            resumeTimestring(),
            values.of(Catalogue.PRECISION),
            compat);
    checkSteps(settings);
    return settings;
  }

  /** Networks halve the latent three times, and the latent is an eighth of the picture: 64. */
  private int floored(Field<Integer> field) {
    int asked = values.of(field);
    int size = asked - asked % 64;
    if (size != asked) {
      notices.add(field.name() + " is " + size + ", not " + asked + ": sizes are multiples of 64");
    }
    return size;
  }

  private List<String> negatives(Prompts prompts, Compat compat) {
    List<String> texts = values.of(Catalogue.NEG_PROMPTS).texts();
    int count = prompts.texts().size();
    if (compat == Compat.DSD_0_7_1) {
      if (texts.stream().anyMatch(text -> !text.isEmpty())) {
        notices.add("neg_prompts: ignored, as compat dsd-0.7.1 asks");
      }
      return Collections.nCopies(count, "");
    }
    if (texts.size() == 1) {
      return Collections.nCopies(count, texts.get(0));
    }
    if (texts.size() != count) {
      throw new UserError(
          "neg_prompts has "
              + texts.size()
              + " texts; it must have 1, or one for each of the "
              + count
              + " prompts");
    }
    return texts;
  }

  private long seed() {
    long seed = values.of(Catalogue.SEED);
    return seed >= 0 ? seed : seeds.getAsLong();
  }

  private List<Long> keySeeds(Prompts prompts) {
    List<Long> keySeeds = values.get(Catalogue.KEY_SEEDS).orElse(List.of());
    if (values.get(Catalogue.KEY_SEEDS).isPresent() && keySeeds.size() != prompts.texts().size()) {
      throw new UserError(
          "key_seeds has "
              + keySeeds.size()
              + " seeds; it must have one for each of the "
              + prompts.texts().size()
              + " prompts");
    }
    return keySeeds;
  }

  /** Deforum's plms knows no init image, and none but single pictures at all. */
  private Sampler sampler(Compat compat, boolean useInit) {
    Sampler sampler = values.of(Catalogue.SAMPLER);
    if (sampler == Sampler.PLMS && (useInit || compat == Compat.DSD_0_7_1)) {
      notices.add("sampler is klms, not plms: plms cannot do this in Deforum either");
      return Sampler.KLMS;
    }
    return sampler;
  }

  private SigmaSchedule sigmas(Sampler sampler) {
    SigmaSchedule sigmas = values.of(Catalogue.SIGMAS);
    if (sigmas != SigmaSchedule.COMPVIS && !sampler.usesSigmas()) {
      notices.add("sigmas: no effect with sampler " + sampler.settingName());
      return SigmaSchedule.COMPVIS;
    }
    return sigmas;
  }

  private double ddimEta(Sampler sampler) {
    double eta = values.of(Catalogue.DDIM_ETA);
    if (eta != 0 && sampler != Sampler.DDIM) {
      notices.add("ddim_eta: no effect with sampler " + sampler.settingName());
      return 0;
    }
    return eta;
  }

  private URI initImage() {
    String given = values.get(Catalogue.INIT_IMAGE).orElse("");
    if (given.isBlank()) {
      throw new UserError("use_init is true but init_image is not given; it must be a file or URL");
    }
    try {
      if (given.matches("(?i)https?://.*")) {
        URI address = new URI(given);
        if (address.getHost() == null) {
          throw new URISyntaxException(given, "it names no host");
        }
        return address;
      }
      Path file = folder.resolve(given).normalize();
      if (!Files.isRegularFile(file)) {
        throw new UserError("init_image is \"" + given + "\"; there is no file " + file);
      }
      return file.toUri();
    } catch (URISyntaxException | InvalidPathException e) {
      throw new UserError("init_image is \"" + given + "\"; it must be a file or http(s) URL", e);
    }
  }

  private String batchName() {
    String name = values.of(Catalogue.BATCH_NAME);
    if (!name.matches("[^/\\\\\\p{Cntrl}]*") || name.equals("..")) {
      throw new UserError("batch_name is \"" + name + "\"; it must be the name of one folder");
    }
    return name;
  }

  private Path outdir() {
    Path computed =
        path(Catalogue.OUTPUT_PATH, values.of(Catalogue.OUTPUT_PATH))
            .resolve(YearMonth.now(clock).toString())
            .resolve(path(Catalogue.BATCH_NAME, batchName()));
    return values
        .get(Catalogue.OUTDIR)
        .filter(given -> !given.isBlank())
        .map(given -> path(Catalogue.OUTDIR, given))
        .orElse(computed);
  }

  private static Path path(Field<String> field, String given) {
    try {
      return Path.of(given);
    } catch (InvalidPathException e) {
      throw new UserError(field.name() + " is \"" + given + "\"; it must be a folder's path", e);
    }
  }

  private Optional<String> resumeTimestring() {
    if (!values.of(Catalogue.RESUME_FROM_TIMESTRING)) {
      return Optional.empty();
    }
    String timestring = values.of(Catalogue.RESUME_TIMESTRING);
    if (!timestring.matches("[\\w-]+")) {
      throw new UserError(
          "resume_timestring is \"" + timestring + "\"; it must be like \"20220829210106\"");
    }
    return Optional.of(timestring);
  }

  private void checkSteps(Settings settings) {
    if (settings.stepsPerFrame() > 0) {
      return;
    }
    String why =
        "strength " + settings.strength() + " leaves none of " + settings.steps() + " steps";
    if (settings.sampler() == Sampler.DPM_FAST || settings.sampler() == Sampler.DPM_ADAPTIVE) {
      throw new UserError(why + "; sampler " + settings.sampler().settingName() + " must have one");
    }
    notices.add(why + ": every frame is the init image");
  }
}
