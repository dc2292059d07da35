package dev.latentween.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The reference vectors, made with torch, diffusers and k-diffusion in float32. */
final class Golden {
  static final Path FOLDER = Path.of("src/test/golden");
  static final Path TINY_MODEL = FOLDER.resolve("tiny-sd1");

  private final ByteBuffer data;
  private final JsonNode header;

  private Golden(ByteBuffer data, JsonNode header) {
    this.data = data;
    this.header = header;
  }

  static Golden open() {
    try {
      ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(FOLDER.resolve("cases.safetensors")));
      file.order(ByteOrder.LITTLE_ENDIAN);
      int length = Math.toIntExact(file.getLong(0));
      String json = new String(file.array(), 8, length, StandardCharsets.UTF_8);
      ByteBuffer data = file.position(8 + length).slice().order(ByteOrder.LITTLE_ENDIAN);
      return new Golden(data, new ObjectMapper().readTree(json));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  float[] floats(String name) {
    ByteBuffer bytes = bytes(name, "F32");
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  int[] ints(String name) {
    ByteBuffer bytes = bytes(name, "I32");
    int[] values = new int[bytes.remaining() / 4];
    bytes.asIntBuffer().get(values);
    return values;
  }

  /** Size of dimension {@code d}. */
  int size(String name, int d) {
    return header.get(name).get("shape").get(d).asInt();
  }

  private ByteBuffer bytes(String name, String dtype) {
    JsonNode entry = header.get(name);
    if (entry == null || !entry.get("dtype").asText().equals(dtype)) {
      throw new IllegalArgumentException("no " + dtype + " tensor " + name);
    }
    int begin = entry.get("data_offsets").get(0).asInt();
    int end = entry.get("data_offsets").get(1).asInt();
    return data.slice(begin, end - begin).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Norm of the difference over the norm of the reference; NaN if a value is. */
  static double relativeError(float[] actual, float[] reference) {
    if (actual.length != reference.length) {
      throw new IllegalArgumentException(actual.length + " values for " + reference.length);
    }
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      difference += Math.pow((double) actual[i] - reference[i], 2);
      norm += Math.pow(reference[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
