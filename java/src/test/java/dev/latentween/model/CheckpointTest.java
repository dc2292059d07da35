package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latentween.model.SchedulerConfig.BetaSchedule;
import dev.latentween.model.SchedulerConfig.PredictionType;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  @TempDir Path temp;

  private static Map<String, String> digests(Checkpoint checkpoint) {
    return checkpoint.tensors().stream()
        .collect(Collectors.toMap(WeightTensor::name, t -> TinyModel.digest(t.data())));
  }

  private static Map<String, String> tinyDigests() {
    try (Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, null)) {
      return digests(tiny);
    }
  }

  /** The part's tensors under the folder's own names. */
  private static List<WeightTensor> part(String part) {
    try (Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, null)) {
      return tiny.tensors().stream().filter(t -> t.name().startsWith(part + ".")).toList();
    }
  }

  private static String bare(WeightTensor tensor) {
    return tensor.name().substring(tensor.name().indexOf('.') + 1);
  }

  @Test
  void aFolderOpens() {
    try (Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, null)) {
      assertThat(tiny.name()).isEqualTo("tiny-sd1");
      assertThat(tiny.tensors().stream().map(WeightTensor::name))
          .containsExactlyElementsOf(TensorInventory.of(tiny.config()).shapes().keySet());
      assertThat(tiny.tensors())
          .allSatisfy(
              tensor -> {
                assertThat(tensor.dtype()).isEqualTo(DType.F16);
                assertThat(tensor.data().isDirect()).isTrue();
                assertThat(tensor.data().isReadOnly()).isTrue();
                assertThat(tensor.data().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
                assertThat((long) tensor.data().remaining())
                    .isEqualTo(2 * TensorInventory.elements(tensor.shape()));
              });
    }
  }

  @Test
  void theConfigIsRead() {
    try (Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, null)) {
      ModelConfig config = tiny.config();
      assertThat(config.text())
          .isEqualTo(
              new TextConfig(760, 64, 256, 3, 4, 77, 1e-5, TextConfig.Activation.QUICK_GELU));
      assertThat(config.unet().blockOutChannels()).containsExactly(32, 64, 64, 64);
      assertThat(config.unet().downAttention()).containsExactly(true, true, true, false);
      assertThat(config.unet().upAttention()).containsExactly(false, true, true, true);
      assertThat(config.unet().heads()).containsExactly(4, 4, 4, 4);
      assertThat(config.unet().crossAttentionDim()).isEqualTo(64);
      assertThat(config.vae().blockOutChannels()).containsExactly(32, 32, 64, 64);
      assertThat(config.vae().scalingFactor()).isEqualTo(0.18215);
      assertThat(config.scheduler().predictionType()).isEqualTo(PredictionType.EPSILON);
    }
  }

  @Test
  void aSingleFileHoldsTheSameModelAsTheFolder() throws IOException {
    Path file = TinyModel.singleFile(temp.resolve("tiny-sd1.safetensors"));
    Path folder = TinyModel.copyTo(temp);

    try (Checkpoint single = Checkpoint.open(file, null);
        Checkpoint diffusers = Checkpoint.open(folder, null)) {
      assertThat(single.name()).isEqualTo("tiny-sd1");
      assertThat(single.config())
          .usingRecursiveComparison()
          .withStrictTypeChecking()
          .isEqualTo(diffusers.config());
      assertThat(digests(single)).isEqualTo(digests(diffusers));
      assertThat(single.tensors().stream().map(WeightTensor::shape))
          .containsExactlyElementsOf(
              diffusers.tensors().stream().map(WeightTensor::shape).toList());
      assertThat(single.tokenizer().encode("a city"))
          .isEqualTo(diffusers.tokenizer().encode("a city"));
    }
  }

  @Test
  void aSingleFileAloneGetsSd1sDefaultsAndATokenizerByOption() throws IOException {
    Path file = TinyModel.singleFile(temp.resolve("alone.safetensors"));
    Path vocabulary = temp.resolve("elsewhere/vocabulary");
    TinyModel.copy(TinyModel.FOLDER.resolve("tokenizer"), vocabulary);

    try (Checkpoint alone = Checkpoint.open(file, vocabulary)) {
      assertThat(alone.config().unet().heads()).containsExactly(8, 8, 8, 8);
      assertThat(alone.config().text().heads()).isEqualTo(1);
      assertThat(alone.config().text().activation()).isEqualTo(TextConfig.Activation.QUICK_GELU);
      assertThat(alone.config().text().layerNormEps()).isEqualTo(1e-5);
      assertThat(alone.config().unet().flipSinToCos()).isTrue();
      assertThat(alone.config().unet().freqShift()).isZero();
      assertThat(alone.config().unet().normEps()).isEqualTo(1e-5);
      assertThat(alone.config().unet().normGroups()).isEqualTo(32);
      assertThat(alone.config().vae().normGroups()).isEqualTo(32);
      assertThat(alone.config().vae().scalingFactor()).isEqualTo(0.18215);
      assertThat(alone.config().scheduler())
          .isEqualTo(
              new SchedulerConfig(
                  0.00085, 0.012, BetaSchedule.SCALED_LINEAR, 1000, PredictionType.EPSILON));
    }
  }

  @Test
  void theTokenizersFolderLeadsToTheConfigsBesideIt() throws IOException {
    Path file = TinyModel.singleFile(temp.resolve("alone.safetensors"));

    try (Checkpoint single = Checkpoint.open(file, TinyModel.FOLDER.resolve("tokenizer"))) {
      assertThat(single.config().unet().heads()).containsExactly(4, 4, 4, 4);
      assertThat(single.config().text().heads()).isEqualTo(4);
    }
  }

  @Test
  void aFoldersConfigsAreItsOwnWhateverLiesAroundTheTokenizer() throws IOException {
    Path other = TinyModel.copy(TinyModel.FOLDER, temp.resolve("other"));
    TinyModel.editJson(
        other.resolve("scheduler/scheduler_config.json"),
        json -> json.put("prediction_type", "v_prediction"));

    try (Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, other.resolve("tokenizer"))) {
      assertThat(tiny.config().scheduler().predictionType()).isEqualTo(PredictionType.EPSILON);
    }
    Path single = TinyModel.singleFile(temp.resolve("alone.safetensors"));
    try (Checkpoint alone = Checkpoint.open(single, other.resolve("tokenizer"))) {
      assertThat(alone.config().scheduler().predictionType())
          .isEqualTo(PredictionType.V_PREDICTION);
    }
  }

  /** Of those that a file may have around it, the asked for ones go first. */
  @Test
  void theTokenizersFolderGoesBeforeTheFilesOwn() throws IOException {
    Path single = TinyModel.singleFile(temp.resolve("alone.safetensors"));
    Path own = TinyModel.copy(TinyModel.FOLDER, temp.resolve("alone"));
    TinyModel.editJson(own.resolve("unet/config.json"), json -> json.put("attention_head_dim", 2));

    try (Checkpoint alone = Checkpoint.open(single, TinyModel.FOLDER.resolve("tokenizer"))) {
      assertThat(alone.config().unet().heads()).containsExactly(4, 4, 4, 4);
    }
    try (Checkpoint alone = Checkpoint.open(single, null)) {
      assertThat(alone.config().unet().heads()).containsExactly(2, 2, 2, 2);
    }
  }

  @Test
  void identityIsOfTheWeightsThatTheUNetsActivationsComeFrom() throws IOException {
    Path folder = TinyModel.copy(TinyModel.FOLDER, temp.resolve("tiny sd1/1"));
    String before = identity(folder);
    assertThat(before).startsWith("1-").isEqualTo(identity(folder));
    changeLastByte(folder.resolve("vae/diffusion_pytorch_model.safetensors"));
    assertThat(identity(folder)).isEqualTo(before);
    changeLastByte(folder.resolve("unet/diffusion_pytorch_model.safetensors"));
    assertThat(identity(folder)).isNotEqualTo(before);
    assertThat(identity(Files.move(folder, temp.resolve("a é")))).startsWith("a__-");
  }

  private static String identity(Path folder) {
    try (Checkpoint checkpoint = Checkpoint.open(folder, null)) {
      return checkpoint.identity();
    }
  }

  private static void changeLastByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void theTokenizerMayLieRightBesideTheFile() throws IOException {
    Path single = TinyModel.singleFile(temp.resolve("alone.safetensors"));
    for (String name : List.of("vocab.json", "merges.txt")) {
      Files.copy(TinyModel.FOLDER.resolve("tokenizer").resolve(name), temp.resolve(name));
    }

    try (Checkpoint alone = Checkpoint.open(single, null)) {
      assertThat(alone.tokenizer().encode("a")).startsWith(758, 320, 759);
    }
  }

  @Test
  void whatFullCheckpointsCarryBesidesIsIgnored() throws IOException {
    SafeTensorsWriter writer = new SafeTensorsWriter();
    TinyModel.addLdmTensors(writer);
    writer
        .addHole("model_ema.decay", DType.F32)
        .addHole("model_ema.diffusion_modelinput_blocks00weight", DType.F32, 32, 4, 3, 3)
        .addHole("betas", DType.F32, 1000)
        .addHole("alphas_cumprod", DType.F32, 1000)
        .addHole("first_stage_model.loss.logvar", DType.F32)
        .addHole("cond_stage_model.logit_scale", DType.F32);
    Path file = writer.write(temp.resolve("full.safetensors"));

    try (Checkpoint full = Checkpoint.open(file, TinyModel.FOLDER.resolve("tokenizer"))) {
      assertThat(digests(full)).isEqualTo(tinyDigests());
    }
    assertThat(ModelReport.of(file, TinyModel.FOLDER.resolve("tokenizer")).lines())
        .anyMatch(line -> line.matches("unexpected +none"))
        .anyMatch(line -> line.matches("ignored +7"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.bf16.safetensors",
        "renamed.safetensors"
      })
  void weightFilesGoByVariants(String name) throws IOException {
    Path folder = TinyModel.copyTo(temp);
    Files.move(
        folder.resolve("unet/diffusion_pytorch_model.safetensors"),
        folder.resolve("unet").resolve(name));

    try (Checkpoint tiny = Checkpoint.open(folder, null)) {
      assertThat(digests(tiny)).isEqualTo(tinyDigests());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
        "diffusion_pytorch_model.fp16.safetensors.index.json"
      })
  void weightsComeInShards(String index) throws IOException {
    Path folder = TinyModel.copyTo(temp);
    Path unet = folder.resolve("unet");
    Files.delete(unet.resolve("diffusion_pytorch_model.safetensors"));
    List<WeightTensor> tensors = part("unet");
    SafeTensorsWriter first = new SafeTensorsWriter();
    SafeTensorsWriter second = new SafeTensorsWriter();
    for (int i = 0; i < tensors.size(); i++) {
      (i < 100 ? first : second).add(bare(tensors.get(i)), tensors.get(i));
    }
    first.write(unet.resolve("part-1.safetensors"));
    second.write(unet.resolve("part-2.safetensors"));
    Files.writeString(
        unet.resolve(index),
        "{\"weight_map\": {\"a\": \"part-1.safetensors\", \"b\": \"part-2.safetensors\"}}");

    try (Checkpoint tiny = Checkpoint.open(folder, null)) {
      assertThat(digests(tiny)).isEqualTo(tinyDigests());
    }
  }

  @Test
  void dtypesMayDifferFromTensorToTensor() throws IOException {
    Path folder = TinyModel.copyTo(temp);
    TinyModel.rewrite(
        folder.resolve("vae/diffusion_pytorch_model.safetensors"),
        writer ->
            part("vae")
                .forEach(
                    t -> {
                      if (t.name().endsWith(".bias")) {
                        writer.add(bare(t), "F32", t.shape(), TinyModel.toFloat32(t.data()));
                      } else {
                        writer.add(bare(t), "BF16", t.shape(), t.data());
                      }
                    }));

    try (Checkpoint mixed = Checkpoint.open(folder, null)) {
      assertThat(mixed.tensors())
          .filteredOn(tensor -> tensor.name().startsWith("vae."))
          .allSatisfy(
              tensor ->
                  assertThat(tensor.dtype())
                      .isEqualTo(tensor.name().endsWith(".bias") ? DType.F32 : DType.BF16));
    }
  }

  @Test
  void oldNamesAreUnderstood() throws IOException {
    Path folder = TinyModel.copyTo(temp);
    TinyModel.rewrite(
        folder.resolve("vae/diffusion_pytorch_model.safetensors"),
        writer ->
            part("vae")
                .forEach(
                    t ->
                        writer.add(
                            bare(t)
                                .replace(".to_q.", ".query.")
                                .replace(".to_k.", ".key.")
                                .replace(".to_v.", ".value.")
                                .replace(".to_out.0.", ".proj_attn."),
                            t)));
    TinyModel.rewrite(
        folder.resolve("text_encoder/model.safetensors"),
        writer ->
            part("text_encoder")
                .forEach(t -> writer.add(bare(t).substring("text_model.".length()), t)));

    try (Checkpoint old = Checkpoint.open(folder, null)) {
      assertThat(digests(old)).isEqualTo(tinyDigests());
    }
  }

  @Test
  void aSingleFileMayLackTheTextModelPrefix() throws IOException {
    Path renamed = temp.resolve("renamed.safetensors");
    Map<String, StoredTensor> stored =
        SafeTensors.read(TinyModel.singleFile(temp.resolve("tiny.safetensors")));
    SafeTensorsWriter writer = new SafeTensorsWriter();
    stored.forEach(
        (name, t) ->
            writer.addHole(name.replace("text_model.", ""), DType.valueOf(t.dtype()), t.shape()));
    writer.write(renamed);

    try (Checkpoint checkpoint = Checkpoint.open(renamed, TinyModel.FOLDER.resolve("tokenizer"))) {
      assertThat(checkpoint.config().text().layers()).isEqualTo(3);
    }
  }

  @Test
  void linearAndConvolutionProjectionsAreOneThing() throws IOException {
    Path folder = TinyModel.copyTo(temp);
    TinyModel.editJson(
        folder.resolve("unet/config.json"), json -> json.put("use_linear_projection", true));

    try (Checkpoint linear = Checkpoint.open(folder, null)) {
      assertThat(linear.tensors())
          .filteredOn(t -> t.name().equals("unet.mid_block.attentions.0.proj_in.weight"))
          .singleElement()
          .satisfies(t -> assertThat(t.shape()).containsExactly(64, 64));
    }
  }

  @Test
  void openingReadsNoWeights() throws IOException {
    // As large as Stable Diffusion 1.5's full checkpoint in float32, and all of it a hole.
    SafeTensorsWriter writer = new SafeTensorsWriter();
    LdmNames names = new LdmNames(SyntheticModel.CONFIG);
    TensorInventory.of(SyntheticModel.CONFIG)
        .shapes()
        .forEach((name, shape) -> writer.addHole(names.of(name).get(0), DType.F32, shape));
    Path file = writer.write(temp.resolve("sd15.safetensors"));
    assertThat(Files.size(file)).isGreaterThan(4_000_000_000L);

    long before = residentFilePages();
    try (Checkpoint checkpoint = Checkpoint.open(file, TinyModel.FOLDER.resolve("tokenizer"))) {
      assertThat(checkpoint.tensors()).isNotEmpty();
      // Reading them would leave four million kilobytes resident; classes loaded meanwhile are few.
      assertThat(residentFilePages() - before).isLessThan(100_000);
    }
  }

  /** Kilobytes of this process's memory that are pages of files. */
  private static long residentFilePages() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("RssFile:") || line.startsWith("RssShmem:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  @Test
  void closingTwiceIsHarmlessAndATensorInHandStaysReadable() {
    Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, null);
    WeightTensor held = tiny.tensors().get(0);
    tiny.close();
    tiny.close();

    assertThat(held.data().getShort(0)).isNotZero();
    assertThatThrownBy(tiny::tensors).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void readersOfATensorDoNotMoveEachOther() {
    try (Checkpoint tiny = Checkpoint.open(TinyModel.FOLDER, null)) {
      WeightTensor tensor = tiny.tensors().get(0);
      tensor.data().position(10);
      tensor.shape()[0] = 0;
      assertThat(tensor.data().position()).isZero();
      assertThat(tensor.shape()[0]).isEqualTo(760);
    }
  }
}
