package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.latentween.settings.UserError;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every fault is one line that names what is wrong. */
class CheckpointFaultsTest {
  private static final String UNET = "unet/diffusion_pytorch_model.safetensors";

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void copy() throws IOException {
    folder = TinyModel.copyTo(temp);
  }

  private static void assertRefused(Path model, String... parts) {
    assertThatThrownBy(() -> Checkpoint.open(model, null).close())
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll(parts)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  /** Rewrites the UNet's file without some tensors and with others changed. */
  private void rewriteUNet(Predicate<String> keep, UnaryOperator<StoredTensor> edit)
      throws IOException {
    Path file = folder.resolve(UNET);
    SafeTensorsWriter writer = new SafeTensorsWriter();
    List<String> kept = SafeTensors.read(file).keySet().stream().filter(keep).toList();
    for (String name : kept) {
      StoredTensor t = edit.apply(SafeTensors.read(file).get(name));
      writer.addHole(name, DType.valueOf(t.dtype()), t.shape());
    }
    Path rewritten = writer.write(temp.resolve("rewritten.safetensors"));
    Files.move(rewritten, file, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void nothingThere() {
    assertRefused(temp.resolve("nowhere"), "nowhere", "no such model");
    assertRefused(temp.resolve("nowhere.ckpt"), "no such model");
  }

  @Test
  void notAModel() throws IOException {
    Path empty = Files.createDirectory(temp.resolve("empty"));
    assertRefused(empty, "empty is no model", "diffusers folder", ".safetensors file");
    Path text = Files.writeString(temp.resolve("notes.txt"), "a note of more than eight bytes");
    assertRefused(text, "notes.txt is not a safetensors file");
    assertRefused(Files.createFile(temp.resolve("void.safetensors")), "it has only 0 bytes");
    assertRefused(folder.resolve(UNET), "no Stable Diffusion model");
  }

  @Test
  void pickles() throws IOException {
    assertRefused(Files.createFile(temp.resolve("sd.ckpt")), "sd.ckpt is a pickle", "can run code");
    Files.move(folder.resolve(UNET), folder.resolve("unet/diffusion_pytorch_model.bin"));
    assertRefused(folder, "only as a pickle", "diffusion_pytorch_model.safetensors");
  }

  @Test
  void otherFamiliesAreNamed() throws IOException {
    long[] input = {320, 4, 3, 3};
    assertFamily("Stable Diffusion XL", "conditioner.embedders.0.x", input);
    assertFamily("Stable Diffusion 2.x", "cond_stage_model.model.ln_final.weight", input);
    assertFamily(
        "Stable Diffusion inpainting",
        "cond_stage_model.transformer.text_model.x",
        new long[] {320, 9, 3, 3});

    Path config = folder.resolve("unet/config.json");
    TinyModel.editJson(config, json -> json.put("in_channels", 9));
    assertRefused(folder, "Stable Diffusion inpainting");
    TinyModel.editJson(config, json -> json.put("in_channels", 4).put("cross_attention_dim", 1024));
    assertRefused(folder, "Stable Diffusion 2.x");
    TinyModel.editJson(config, json -> json.put("addition_embed_type", "text_time"));
    Files.delete(folder.resolve(UNET));
    assertRefused(folder, "Stable Diffusion XL");
  }

  private void assertFamily(String family, String marker, long[] input) throws IOException {
    Path file =
        new SafeTensorsWriter()
            .addHole("model.diffusion_model.input_blocks.0.0.weight", DType.F16, input)
            .addHole(marker, DType.F16, 1)
            .write(Files.createTempDirectory(temp, "family").resolve("model.safetensors"));
    assertRefused(file, "this is " + family, "supported is Stable Diffusion 1.x");
  }

  @Test
  void truncatedFiles() throws IOException {
    Path vae = folder.resolve("vae/diffusion_pytorch_model.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(vae.toFile(), "rw")) {
      file.setLength(file.length() / 2);
    }
    assertRefused(folder, vae.toString(), "is truncated");
  }

  @Test
  void missingTensors() throws IOException {
    rewriteUNet(name -> !name.equals("conv_in.weight"), t -> t);
    assertRefused(folder, "tensor unet.conv_in.weight [32, 4, 3, 3] is missing");
    rewriteUNet(name -> !name.startsWith("mid_block.resnets.0."), t -> t);
    assertRefused(folder, "is missing and 10 others");
  }

  @Test
  void misshapenTensors() throws IOException {
    rewriteUNet(
        name -> true,
        t ->
            t.shape().length == 4 && t.shape()[1] == 4
                ? new StoredTensor(t.file(), t.dtype(), new long[] {32, 5, 3, 3}, 0, 0)
                : t);
    assertRefused(
        folder, "unet.conv_in.weight should have shape [32, 4, 3, 3], it has [32, 5, 3, 3]");
  }

  @Test
  void unreadDtypes() throws IOException {
    Path file = folder.resolve(UNET);
    byte[] bytes = Files.readAllBytes(file);
    String latin1 = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    Files.write(
        file,
        latin1
            .replaceFirst("\"F16\"", "\"I16\"")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    assertRefused(folder, "has dtype I16, supported are [F32, F16, BF16]");
  }

  @Test
  void missingFiles() throws IOException {
    Files.delete(folder.resolve("vae/config.json"));
    assertRefused(folder, "vae/config.json is missing");
    Files.delete(folder.resolve(UNET));
    assertRefused(folder, UNET + " is missing");
    Files.delete(folder.resolve("unet/config.json"));
    assertRefused(folder, "unet/config.json is missing");
  }

  @Test
  void whatMayNotBeReadIsNamed() throws IOException {
    for (String name : List.of("tokenizer/vocab.json", "text_encoder", "unet")) {
      Path forbidden = folder.resolve(name);
      Files.setPosixFilePermissions(forbidden, Set.of());
      try {
        assumeFalse(Files.isReadable(forbidden), "root may read everything");
        assertRefused(folder, name, "cannot be read: permission denied");
      } finally {
        Files.setPosixFilePermissions(forbidden, PosixFilePermissions.fromString("rwx------"));
      }
    }
  }

  @Test
  void badShardIndexes() throws IOException {
    Path unet = folder.resolve("unet");
    Path index = unet.resolve("diffusion_pytorch_model.safetensors.index.json");
    Files.move(folder.resolve(UNET), unet.resolve("one.safetensors"));
    Files.writeString(index, "{\"weight_map\": {\"a\": \"../../secret.safetensors\"}}");
    assertRefused(folder, "'../../secret.safetensors' is no safetensors file name");
    Files.writeString(index, "{\"weight_map\": {\"a\": \"two.safetensors\"}}");
    assertRefused(folder, "two.safetensors is missing, " + index.getFileName() + " names it");
    Files.copy(unet.resolve("one.safetensors"), unet.resolve("two.safetensors"));
    Files.writeString(
        index, "{\"weight_map\": {\"a\": \"one.safetensors\", \"b\": \"two.safetensors\"}}");
    assertRefused(folder, "two.safetensors: tensor", "is in another shard too");
    Files.writeString(index, "{}");
    assertRefused(folder, "weight_map: names no file");
  }

  @Test
  void missingTokenizers() throws IOException {
    Files.delete(folder.resolve("tokenizer/merges.txt"));
    assertRefused(
        folder,
        "no tokenizer",
        "vocab.json and merges.txt",
        folder.resolve("tokenizer").toString());

    Path file = TinyModel.singleFile(temp.resolve("alone.safetensors"));
    assertRefused(file, "no tokenizer", temp.resolve("alone/tokenizer").toString(), "--tokenizer");
    assertThatThrownBy(() -> Checkpoint.open(file, temp.resolve("typo")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("into " + temp.resolve("typo"));
  }

  @Test
  void noMutationOfASingleFilesHeaderEscapesTheChecks() throws IOException {
    Path file = TinyModel.singleFile(temp.resolve("tiny-sd1.safetensors"));
    Random random = new Random(7);
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      int header = Integer.reverseBytes(raw.readInt());
      for (int round = 0; round < 150; round++) {
        int at = 8 + random.nextInt(header);
        raw.seek(at);
        int old = raw.read();
        raw.seek(at);
        raw.write("0123456789[],:\"{}abz".charAt(random.nextInt(20)));
        try {
          Checkpoint.open(file, null).close();
        } catch (UserError expected) {
          assertThat(expected.getMessage().lines()).hasSize(1);
        }
        raw.seek(at);
        raw.write(old);
      }
    }
    Checkpoint.open(file, null).close();
  }
}
