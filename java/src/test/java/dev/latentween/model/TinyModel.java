package dev.latentween.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The reference checkpoint of the tests, in every layout. */
public final class TinyModel {
  static final Path GOLDEN = Path.of("src/test/golden");
  public static final Path FOLDER = GOLDEN.resolve("tiny-sd1");
  private static final ObjectMapper JSON = new ObjectMapper();

  private TinyModel() {}

  /** A copy to be changed. */
  public static Path copyTo(Path folder) throws IOException {
    return copy(FOLDER, folder.resolve("tiny-sd1"));
  }

  public static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  static void editJson(Path file, Consumer<ObjectNode> edit) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    edit.accept(json);
    JSON.writeValue(file.toFile(), json);
  }

  /**
   * The single-file form, put together from the folder's tensors by their digests: nothing here
   * knows how names map.
   */
  public static Path singleFile(Path file) throws IOException {
    SafeTensorsWriter writer = new SafeTensorsWriter();
    addLdmTensors(writer);
    return writer.write(file);
  }

  static void addLdmTensors(SafeTensorsWriter writer) throws IOException {
    Map<String, WeightTensor> byDigest = new HashMap<>();
    try (Checkpoint folder = Checkpoint.open(FOLDER, null)) {
      folder.tensors().forEach(tensor -> byDigest.put(digest(tensor.data()), tensor));
    }
    for (JsonNode entry : JSON.readTree(GOLDEN.resolve("tiny-sd1.ldm-index.json").toFile())) {
      String name = entry.get("name").asText();
      long[] shape = JSON.convertValue(entry.get("shape"), long[].class);
      ByteBuffer data =
          name.endsWith("position_ids")
              ? ByteBuffer.allocate(2 * 77)
              : byDigest.get(entry.get("sha256").asText()).data();
      writer.add(name, entry.get("dtype").asText(), shape, data);
    }
  }

  static String digest(ByteBuffer data) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(data.duplicate());
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Rewrites a part's weights; the old file is gone, maps on it stay valid. */
  static void rewrite(Path weights, Consumer<SafeTensorsWriter> content) {
    try {
      SafeTensorsWriter writer = new SafeTensorsWriter();
      content.accept(writer);
      Files.deleteIfExists(weights);
      writer.write(weights);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same numbers as float32; halves here are normal numbers or zero. */
  static ByteBuffer toFloat32(ByteBuffer halves) {
    ByteBuffer floats = ByteBuffer.allocate(2 * halves.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (halves.hasRemaining()) {
      int half = halves.getShort() & 0xffff;
      int sign = (half & 0x8000) << 16;
      int magnitude = half & 0x7fff;
      floats.putInt(magnitude == 0 ? sign : sign | (magnitude << 13) + (112 << 23));
    }
    return floats.flip();
  }
}
