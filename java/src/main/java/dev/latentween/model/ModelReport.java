package dev.latentween.model;

import dev.latentween.settings.UserError;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a model's path holds, in lines for people; tells of faults instead of stopping at one. */
public final class ModelReport {
  private static final int NAMES_SHOWN = 8;

  private final List<String> lines = new ArrayList<>();
  private UserError fault;

  private ModelReport() {}

  /**
   * Looks at a model.
   *
   * @throws UserError if there is none, or its headers or configs cannot be read
   */
  public static ModelReport of(Path model, Path tokenizerDirOrNull) {
    Companions companions = new Companions(model, tokenizerDirOrNull);
    ModelFiles files = ModelFiles.read(model, companions);
    ModelReport report = new ModelReport();
    report.line("model", Companions.stem(model));
    report.line("layout", files.layout().title());
    report.line(
        "family", files.family().title() + (files.family().supported() ? "" : ", not supported"));
    try {
      report.describe(files, files.config(), companions);
    } catch (UserError e) {
      if (!files.stored().isEmpty()) {
        report.line("tensors", files.stored().size() + ", " + dtypes(files.stored(), ""));
      }
      report.fault(e);
    }
    return report;
  }

  /** One fact a line, its name first. */
  public List<String> lines() {
    return List.copyOf(lines);
  }

  /**
   * Whether the model could be opened.
   *
   * @throws UserError the first fault
   */
  public void check() {
    if (fault != null) {
      throw fault;
    }
  }

  private void describe(ModelFiles files, ModelConfig config, Companions companions) {
    TensorInventory inventory = TensorInventory.of(config);
    Match match = Match.of(files, config, inventory);
    part("text encoder", "text_encoder.", inventory, match, summary(config.text()));
    part("UNet", "unet.", inventory, match, summary(config.unet()));
    part("VAE", "vae.", inventory, match, summary(config.vae()));
    line("scheduler", summary(config.scheduler()));
    try {
      Path folder = companions.tokenizer();
      Tokenizer.load(folder, config.text());
      line("tokenizer", folder.toString());
    } catch (UserError e) {
      line("tokenizer", "missing or unusable");
      fault(e);
    }
    names("missing", match.missing());
    names("not fitting", match.misfits());
    names("unexpected", match.unexpected());
    names("ignored", match.ignored());
    try {
      match.check(files, inventory);
    } catch (UserError e) {
      fault(e);
    }
  }

  private void part(
      String title, String prefix, TensorInventory inventory, Match match, String summary) {
    line(
        title,
        String.format(
            Locale.ROOT,
            "%,d parameters, %s; %s",
            inventory.parameters(prefix),
            dtypes(match.found(), prefix),
            summary));
  }

  private static String dtypes(Map<String, StoredTensor> tensors, String prefix) {
    TreeSet<String> dtypes = new TreeSet<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            dtypes.add(tensor.dtype());
          }
        });
    return dtypes.isEmpty() ? "no weights" : String.join(" and ", dtypes);
  }

  private static String summary(TextConfig text) {
    return text.layers()
        + " layers of "
        + text.hiddenSize()
        + ", "
        + text.heads()
        + " heads, "
        + text.maxPositions()
        + " positions, "
        + text.vocabSize()
        + " tokens, "
        + name(text.activation());
  }

  private static String summary(UNetConfig unet) {
    return unet.layersPerBlock()
        + " layers of "
        + widths(unet.blockOutChannels())
        + ", "
        + heads(unet.heads())
        + " heads, "
        + unet.crossAttentionDim()
        + " wide context, "
        + unet.normGroups()
        + " groups";
  }

  private static String summary(VaeConfig vae) {
    return vae.layersPerBlock()
        + " layers of "
        + widths(vae.blockOutChannels())
        + ", "
        + vae.latentChannels()
        + " latent channels x "
        + vae.scalingFactor()
        + ", "
        + vae.normGroups()
        + " groups";
  }

  private static String summary(SchedulerConfig scheduler) {
    return name(scheduler.betaSchedule())
        + " beta "
        + plain(scheduler.betaStart())
        + " to "
        + plain(scheduler.betaEnd())
        + " in "
        + scheduler.trainTimesteps()
        + " steps, predicts "
        + name(scheduler.predictionType());
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String widths(int[] values) {
    return Arrays.stream(values).mapToObj(String::valueOf).collect(Collectors.joining("/"));
  }

  private static String heads(int[] heads) {
    return Arrays.stream(heads).distinct().count() == 1 ? String.valueOf(heads[0]) : widths(heads);
  }

  private static String plain(double value) {
    return BigDecimal.valueOf(value).toPlainString();
  }

  private void names(String title, List<String> names) {
    line(title, names.isEmpty() ? "none" : String.valueOf(names.size()));
    names.stream().limit(NAMES_SHOWN).forEach(name -> line("", name));
    if (names.size() > NAMES_SHOWN) {
      line("", "...");
    }
  }

  private void line(String title, String text) {
    lines.add(String.format(Locale.ROOT, "%-14s%s", title, text));
  }

  private void fault(UserError error) {
    fault = fault == null ? error : fault;
  }
}
