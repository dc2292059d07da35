package dev.latentween.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.latentween.settings.UserError;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the header of a safetensors file: eight bytes of length, JSON, then the tensors' bytes
 * without gap or overlap. A header is believed only after it was checked against the file.
 */
final class SafeTensors {
  /** The format's own limit. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  /** A full checkpoint with its EMA copy has about 2000. */
  private static final int MAX_TENSORS = 100_000;

  private static final int MAX_RANK = 8;

  private static final Map<String, Integer> DTYPE_BYTES =
      Map.ofEntries(
          Map.entry("BOOL", 1),
          Map.entry("U8", 1),
          Map.entry("I8", 1),
          Map.entry("F8_E4M3", 1),
          Map.entry("F8_E5M2", 1),
          Map.entry("I16", 2),
          Map.entry("U16", 2),
          Map.entry("F16", 2),
          Map.entry("BF16", 2),
          Map.entry("I32", 4),
          Map.entry("U32", 4),
          Map.entry("F32", 4),
          Map.entry("I64", 8),
          Map.entry("U64", 8),
          Map.entry("F64", 8));

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path file;

  private SafeTensors(Path file) {
    this.file = file;
  }

  /**
   * The tensors of one file by name, in the header's order.
   *
   * @throws UserError if the file cannot be read or its header is not true of it
   */
  static Map<String, StoredTensor> read(Path file) {
    Pickle.refuse(file);
    SafeTensors reader = new SafeTensors(file);
    try (FileChannel channel = FileChannel.open(file)) {
      return reader.read(channel);
    } catch (IOException e) {
      throw reader.bad("cannot be read: " + OneLine.of(e));
    }
  }

  private Map<String, StoredTensor> read(FileChannel channel) throws IOException {
    if (channel.size() < 8) {
      throw bad("is not a safetensors file: it has only " + channel.size() + " bytes");
    }
    long length = fully(channel, 8, 0).getLong();
    if (length < 2 || length > MAX_HEADER_BYTES) {
      throw bad("is not a safetensors file" + guess(length));
    }
    if (length > channel.size() - 8) {
      throw bad(
          "is truncated: its header takes "
              + length
              + " bytes, the file has "
              + (channel.size() - 8)
              + " after the length");
    }
    byte[] header = fully(channel, (int) length, 8).array();
    if (header[0] != '{') {
      throw bad("is not a safetensors file: its header is not a JSON object");
    }
    long start = 8 + length;
    Map<String, StoredTensor> tensors;
    try (JsonParser parser = JSON.createParser(header)) {
      tensors = tensors(parser, start);
    } catch (IOException e) {
      throw bad("has a bad header: " + OneLine.of(e));
    }
    checkTiling(tensors, start, channel.size());
    return tensors;
  }

  /** What people have under this extension by accident, told from its first bytes. */
  private static String guess(long firstBytes) {
    byte[] first =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(firstBytes).array();
    String text = new String(first, StandardCharsets.ISO_8859_1);
    if (text.equals("version ")) {
      return " but a Git LFS pointer to one: run git lfs pull";
    }
    if (text.startsWith("PK\3\4") || text.startsWith("\u0080\2")) {
      return " but a pickle under its name, and loading a pickle can run code";
    }
    return ": header length " + Long.toUnsignedString(firstBytes);
  }

  private Map<String, StoredTensor> tensors(JsonParser parser, long start) throws IOException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    parser.nextToken();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals("__metadata__")) {
        parser.skipChildren();
        continue;
      }
      if (tensors.size() == MAX_TENSORS) {
        throw bad("has a bad header: more than " + MAX_TENSORS + " tensors");
      }
      tensors.put(name, tensor(name, parser.readValueAsTree(), start));
    }
    if (parser.nextToken() != null) {
      throw bad("has a bad header: text after the JSON object");
    }
    return tensors;
  }

  private StoredTensor tensor(String name, JsonNode entry, long start) {
    String dtype = entry.path("dtype").asText();
    Integer elementBytes = DTYPE_BYTES.get(dtype);
    if (elementBytes == null) {
      throw bad(name, "unknown dtype '" + dtype + "'");
    }
    long[] shape = naturals(name, "shape", entry.path("shape"));
    long[] offsets = naturals(name, "data_offsets", entry.path("data_offsets"));
    if (shape.length > MAX_RANK) {
      throw bad(name, "shape has " + shape.length + " dimensions");
    }
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw bad(name, "data_offsets are not [begin, end]");
    }
    long bytes = elementBytes;
    try {
      for (long dimension : shape) {
        bytes = Math.multiplyExact(bytes, dimension);
      }
    } catch (ArithmeticException e) {
      throw bad(name, "shape is too large");
    }
    if (bytes != offsets[1] - offsets[0]) {
      throw bad(
          name, "shape needs " + bytes + " bytes, data_offsets give " + (offsets[1] - offsets[0]));
    }
    if (offsets[1] > Long.MAX_VALUE - start) {
      throw bad(name, "data_offsets are beyond the file");
    }
    return new StoredTensor(file, dtype, shape, start + offsets[0], bytes);
  }

  private long[] naturals(String name, String field, JsonNode array) {
    if (!array.isArray()) {
      throw bad(name, field + " is missing or no list");
    }
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = array.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw bad(name, field + " has '" + value.asText() + "'");
      }
      values[i] = value.longValue();
    }
    return values;
  }

  /** Every byte after the header belongs to exactly one tensor. */
  private void checkTiling(Map<String, StoredTensor> tensors, long start, long fileBytes) {
    List<Map.Entry<String, StoredTensor>> byOffset = new ArrayList<>(tensors.entrySet());
    byOffset.sort(
        Comparator.comparingLong((Map.Entry<String, StoredTensor> e) -> e.getValue().offset())
            .thenComparingLong(e -> e.getValue().bytes()));
    long end = start;
    for (Map.Entry<String, StoredTensor> entry : byOffset) {
      StoredTensor tensor = entry.getValue();
      if (tensor.offset() < end) {
        throw bad(entry.getKey(), "its bytes overlap another tensor's");
      }
      if (tensor.offset() > end) {
        throw bad(entry.getKey(), "a gap of " + (tensor.offset() - end) + " bytes before it");
      }
      end = tensor.offset() + tensor.bytes();
      if (end > fileBytes) {
        throw bad(
            "is truncated: "
                + entry.getKey()
                + " ends at byte "
                + end
                + ", the file has "
                + fileBytes);
      }
    }
    if (end != fileBytes) {
      throw bad("has " + (fileBytes - end) + " bytes that belong to no tensor");
    }
  }

  private static ByteBuffer fully(FileChannel channel, int bytes, long at) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new EOFException("unexpected end");
      }
    }
    return buffer.flip();
  }

  private UserError bad(String tensor, String what) {
    return bad("has a bad header: tensor '" + OneLine.of(tensor) + "': " + what);
  }

  private UserError bad(String what) {
    return new UserError(file + " " + OneLine.of(what));
  }
}
