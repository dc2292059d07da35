package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.latentween.OpenFiles;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafeTensorsTest {
  private static final int DATA_BYTES = 24;
  private static final String GOOD =
      """
      {"__metadata__": {"format": "pt"},
       "a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]},
       "b": {"dtype": "F32", "shape": [], "data_offsets": [12, 16]},
       "c": {"dtype": "I64", "shape": [1], "data_offsets": [16, 24]}}   \
      """;

  @TempDir Path temp;

  @Test
  void aHeaderGivesNamesTypesShapesAndPlaces() throws IOException {
    Path file = SafeTensorsWriter.raw(temp.resolve("good.safetensors"), GOOD, DATA_BYTES);

    Map<String, StoredTensor> tensors = SafeTensors.read(file);

    long start = 8 + GOOD.length();
    assertThat(tensors.keySet()).containsExactly("a", "b", "c");
    assertThat(tensors.get("a").shape()).containsExactly(2, 3);
    assertThat(tensors.get("b"))
        .usingRecursiveComparison()
        .isEqualTo(new StoredTensor(file, "F32", new long[0], start + 12, 4));
    assertThat(tensors.get("c").offset()).isEqualTo(start + 16);
    assertThat(OpenFiles.below(temp)).isEmpty();
  }

  static Stream<Arguments> lyingHeaders() {
    return Stream.of(
        arguments("", "header length 0"),
        arguments("[]", "not a JSON object"),
        arguments("{\"a\"", "bad header"),
        arguments("{} {}", "text after the JSON object"),
        arguments("{\"a\": 1}", "'a': unknown dtype ''"),
        arguments(one("\"F17\"", "[6]", "[0, 12]"), "'a': unknown dtype 'F17'"),
        arguments(one("\"F16\"", "6", "[0, 12]"), "shape is missing or no list"),
        arguments(one("\"F16\"", "[-6]", "[0, 12]"), "shape has '-6'"),
        arguments(one("\"F16\"", "[1.5]", "[0, 3]"), "shape has '1.5'"),
        arguments(one("\"F16\"", "[99999999999999999999]", "[0, 3]"), "shape has '9999"),
        arguments(one("\"F16\"", "[4294967296, 4294967296]", "[0, 24]"), "shape is too large"),
        arguments(one("\"F16\"", "[1,1,1,1,1,1,1,1,12]", "[0, 24]"), "shape has 9 dimensions"),
        arguments(one("\"F16\"", "[6]", "[0, 24]"), "shape needs 12 bytes, data_offsets give 24"),
        arguments(one("\"F16\"", "[6]", "[12, 0]"), "data_offsets are not [begin, end]"),
        arguments(one("\"F16\"", "[6]", "[0]"), "data_offsets are not [begin, end]"),
        arguments(one("\"F16\"", "[12]", "[4, 28]"), "a gap of 4 bytes"),
        arguments(one("\"F16\"", "[18]", "[0, 36]"), "truncated: a ends at byte"),
        arguments(
            one("\"U8\"", "[24]", "[9223372036854775783, 9223372036854775807]"),
            "data_offsets are beyond the file"),
        arguments(one("\"F16\"", "[6]", "[0, 12]"), "12 bytes that belong to no tensor"),
        arguments(two("a", "[12, 36]", "b", "[0, 24]"), "'a': its bytes overlap"),
        arguments(two("a", "[23, 47]", "b", "[0, 24]"), "'a': its bytes overlap"),
        arguments(two("a", "[0, 24]", "a", "[24, 48]"), "Duplicate field 'a'"),
        arguments("{\"" + "[".repeat(5000), "bad header"));
  }

  private static String one(String dtype, String shape, String offsets) {
    return "{\"a\": {\"dtype\": %s, \"shape\": %s, \"data_offsets\": %s}}"
        .formatted(dtype, shape, offsets);
  }

  private static String two(String first, String offsets, String second, String others) {
    return "{\"%s\": {\"dtype\": \"U8\", \"shape\": [24], \"data_offsets\": %s},"
            .formatted(first, offsets)
        + "\"%s\": {\"dtype\": \"U8\", \"shape\": [24], \"data_offsets\": %s}}"
            .formatted(second, others);
  }

  @ParameterizedTest
  @MethodSource("lyingHeaders")
  void aHeaderThatIsNotTrueIsRefused(String header, String reason) throws IOException {
    Path file = SafeTensorsWriter.raw(temp.resolve("bad.safetensors"), header, DATA_BYTES);

    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(reason)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void aHeaderLongerThanTheFileIsRefused() throws IOException {
    Path file = temp.resolve("cut.safetensors");
    Path whole = SafeTensorsWriter.raw(temp.resolve("good.safetensors"), GOOD, DATA_BYTES);
    byte[] bytes = Files.readAllBytes(whole);

    Files.write(file, Arrays.copyOf(bytes, 100));
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is truncated");
    Files.write(file, Arrays.copyOf(bytes, 5));
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("only 5 bytes");
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is truncated: c ends at byte");
  }

  /** 100 MB are the format's limit; what is longer is not even read. */
  @Test
  void aHeaderThatNoneIsAsLongAsIsRefused() throws IOException {
    Path file = temp.resolve("long.safetensors");
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      raw.setLength(200_000_000);
      raw.writeLong(Long.reverseBytes(100_000_001));
    }
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith("is not a safetensors file: header length 100000001");
  }

  @Test
  void picklesAreRefusedUnread() {
    for (String name : new String[] {"model.ckpt", "model.PT", "pytorch_model.bin"}) {
      assertThatThrownBy(() -> SafeTensors.read(temp.resolve(name)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("can run code")
          .hasMessageContaining(".safetensors");
    }
  }

  @Test
  void whatElseGoesByTheExtensionIsTold() throws IOException {
    Path file = temp.resolve("model.safetensors");
    Files.writeString(file, "version 1 of the pointer\n");
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Git LFS pointer");
    Files.writeString(file, "PK\3\4 archive/data.pkl", StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("a pickle under its name");
  }

  @Test
  void manyTensorsAreRefused() throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i <= 100_000; i++) {
      header.append(i == 0 ? "" : ",").append("\"%d\":".formatted(i));
      header.append("{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    Path file = SafeTensorsWriter.raw(temp.resolve("many.safetensors"), header + "}", 0);

    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("more than 100000 tensors");
  }

  @Test
  void noMutationOfAHeaderEscapesTheChecks() throws IOException {
    Random random = new Random(20261122);
    String alphabet = "{}[]\",:0123456789-.eEaF \\u\n\0";
    Path file = temp.resolve("fuzzed.safetensors");
    int survived = 0;
    for (int round = 0; round < 5000; round++) {
      StringBuilder header = new StringBuilder(GOOD);
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        int at = random.nextInt(header.length());
        char letter = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(4)) {
          case 0 -> header.setCharAt(at, letter);
          case 1 -> header.insert(at, letter);
          case 2 -> header.deleteCharAt(at);
          default -> header.setCharAt(at, (char) random.nextInt(256));
        }
      }
      byte[] bytes = header.toString().getBytes(StandardCharsets.ISO_8859_1);
      SafeTensorsWriter.raw(file, bytes, DATA_BYTES);
      try {
        SafeTensors.read(file);
        survived++;
      } catch (UserError expected) {
        assertThat(expected.getMessage().lines()).hasSize(1);
      }
    }
    assertThat(survived).isBetween(1, 4999);
  }
}
