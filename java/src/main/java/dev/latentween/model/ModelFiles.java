package dev.latentween.model;

import dev.latentween.settings.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What lies at a model's path, read as far as headers and JSON: either layout, any family.
 *
 * @param stored tensors by the names they have there; a folder's begin with their part
 */
record ModelFiles(
    Path path,
    Layout layout,
    Family family,
    Map<String, StoredTensor> stored,
    Supplier<ModelConfig> configReader) {

  private static final String SD1_TEXT = "{\"hidden_act\": \"quick_gelu\"}";
  private static final String SD1_UNET = "{\"attention_head_dim\": 8, \"norm_num_groups\": 32}";
  private static final String SD1_VAE = "{}";
  private static final String SD1_SCHEDULER =
      """
      {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
      """;

  /**
   * Reads the headers at a path.
   *
   * @throws UserError if there is no model, or what is there cannot be trusted
   */
  static ModelFiles read(Path path, Companions companions) {
    if (Files.isDirectory(path)) {
      return folder(path, companions);
    }
    if (!Files.exists(path)) {
      throw new UserError(path + ": there is no such model");
    }
    return singleFile(path, companions);
  }

  /**
   * The config.
   *
   * @throws UserError if the family is not supported or the config is not valid
   */
  ModelConfig config() {
    if (!family.supported()) {
      throw new UserError(
          path + ": this is " + family.title() + "; supported is " + Family.SD1.title());
    }
    return configReader.get();
  }

  private static ModelFiles folder(Path path, Companions companions) {
    if (!Files.isDirectory(path.resolve("unet"))) {
      throw new UserError(
          path
              + " is no model: neither a diffusers folder (unet/, vae/, text_encoder/, tokenizer/)"
              + " nor a .safetensors file");
    }
    ConfigJson unet = ConfigJson.read(path.resolve("unet/config.json"));
    Family family = Family.ofUNet(unet);
    // Another family's parts are others: naming it is all that is done.
    Map<String, StoredTensor> stored = family.supported() ? PartWeights.readAll(path) : Map.of();
    return new ModelFiles(
        path,
        Layout.DIFFUSERS,
        family,
        stored,
        () ->
            ConfigReader.read(
                ConfigJson.read(path.resolve("text_encoder/config.json")),
                unet,
                ConfigJson.read(path.resolve("vae/config.json")),
                scheduler(path, companions)));
  }

  private static ModelFiles singleFile(Path path, Companions companions) {
    Map<String, StoredTensor> stored = SafeTensors.read(path);
    LdmConfig shapes = new LdmConfig(path.toString(), stored);
    return new ModelFiles(
        path,
        Layout.LDM,
        Family.ofLdm(stored),
        stored,
        () ->
            ConfigReader.read(
                shapes.text(companion(path, companions, "text_encoder", SD1_TEXT)),
                shapes.unet(companion(path, companions, "unet", SD1_UNET)),
                shapes.vae(companion(path, companions, "vae", SD1_VAE)),
                scheduler(path, companions)));
  }

  private static ConfigJson companion(
      Path path, Companions companions, String part, String otherwise) {
    Optional<Path> file = companions.config(part, "config.json");
    if (file.isEmpty()) {
      return ConfigJson.of(path.toString(), otherwise);
    }
    ConfigJson found = ConfigJson.read(file.get());
    return new ConfigJson(path + " with " + found.source(), found.json());
  }

  private static ConfigJson scheduler(Path path, Companions companions) {
    return companions
        .config("scheduler", "scheduler_config.json")
        .map(ConfigJson::read)
        .orElseGet(() -> ConfigJson.of(path.toString(), SD1_SCHEDULER));
  }
}
