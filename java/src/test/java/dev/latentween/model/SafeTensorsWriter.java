package dev.latentween.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes safetensors files for tests. Tensors without data become holes in a sparse file. */
final class SafeTensorsWriter {
  private record Item(String dtype, long[] shape, long bytes, ByteBuffer data) {}

  private final Map<String, Item> items = new LinkedHashMap<>();

  SafeTensorsWriter add(String name, String dtype, long[] shape, ByteBuffer data) {
    items.put(name, new Item(dtype, shape, data.remaining(), data));
    return this;
  }

  SafeTensorsWriter add(WeightTensor tensor) {
    return add(tensor.name(), tensor);
  }

  SafeTensorsWriter add(String name, WeightTensor tensor) {
    return add(name, tensor.dtype().name(), tensor.shape(), tensor.data());
  }

  SafeTensorsWriter addHole(String name, DType dtype, long... shape) {
    long bytes = TensorInventory.elements(shape) * dtype.bytes();
    items.put(name, new Item(dtype.name(), shape, bytes, null));
    return this;
  }

  Path write(Path file) throws IOException {
    ObjectNode header = new ObjectMapper().createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long end = 0;
    for (Map.Entry<String, Item> entry : items.entrySet()) {
      Item item = entry.getValue();
      ObjectNode json = header.putObject(entry.getKey()).put("dtype", item.dtype);
      for (long dimension : item.shape) {
        json.withArray("shape").add(dimension);
      }
      if (item.shape.length == 0) {
        json.putArray("shape");
      }
      json.putArray("data_offsets").add(end).add(end + item.bytes);
      end += item.bytes;
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(length(text.length));
      channel.write(ByteBuffer.wrap(text));
      for (Item item : items.values()) {
        if (item.data == null) {
          channel.position(channel.position() + item.bytes);
        } else {
          channel.write(item.data.duplicate());
        }
      }
      if (channel.size() < 8 + text.length + end) {
        channel.write(ByteBuffer.allocate(1), 8 + text.length + end - 1);
      }
    }
    return file;
  }

  /** A file with this header text, true or not, and so many bytes of data. */
  static Path raw(Path file, String header, int dataBytes) throws IOException {
    return raw(file, header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  static Path raw(Path file, byte[] header, int dataBytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      channel.write(length(header.length));
      channel.write(ByteBuffer.wrap(header));
      channel.write(ByteBuffer.allocate(dataBytes));
    }
    return file;
  }

  private static ByteBuffer length(long bytes) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes).flip();
  }
}
