package dev.latentween.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The weights of a diffusers folder's parts: one file, a precision variant, or shards. */
final class PartWeights {
  private static final String SUFFIX = ".safetensors";

  /** The full-precision file first, as diffusers picks it when no variant is asked for. */
  private static final List<String> VARIANTS = List.of("", ".fp16", ".bf16", ".fp32");

  private PartWeights() {}

  /** The tensors of every part, by part and name. */
  static Map<String, StoredTensor> readAll(Path model) {
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    for (String part : List.of("text_encoder", "unet", "vae")) {
      read(model.resolve(part), part).forEach((name, tensor) -> all.put(part + "." + name, tensor));
    }
    return all;
  }

  private static Map<String, StoredTensor> read(Path folder, String part) {
    String stem = part.equals("text_encoder") ? "model" : "diffusion_pytorch_model";
    for (String variant : VARIANTS) {
      Path file = folder.resolve(stem + variant + SUFFIX);
      if (Files.isRegularFile(file)) {
        return SafeTensors.read(file);
      }
      // transformers and diffusers put the variant on either side of the extension.
      for (String index :
          List.of(
              stem + SUFFIX + ".index" + variant + ".json",
              stem + variant + SUFFIX + ".index.json")) {
        if (Files.isRegularFile(folder.resolve(index))) {
          return shards(folder, folder.resolve(index));
        }
      }
    }
    return onlyFile(folder, stem);
  }

  /** Files that go by a name of their own, if there is no doubt which is meant. */
  private static Map<String, StoredTensor> onlyFile(Path folder, String stem) {
    List<Path> found = new ArrayList<>();
    boolean pickle = false;
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          pickle |= Pickle.isOne(file);
          if (file.toString().endsWith(SUFFIX)) {
            found.add(file);
          }
        }
      } catch (IOException e) {
        throw new UserError(folder + " cannot be read: " + OneLine.of(e));
      }
    }
    if (found.size() == 1) {
      return SafeTensors.read(found.get(0));
    }
    if (pickle && found.isEmpty()) {
      throw new UserError(
          folder
              + " has its weights only as a pickle, and loading a pickle can run code that is"
              + " hidden in it: get "
              + stem
              + SUFFIX
              + " or convert it on a machine you can spare");
    }
    throw new UserError(
        found.isEmpty()
            ? folder.resolve(stem + SUFFIX) + " is missing"
            : folder + " has several weight files and none is " + stem + SUFFIX);
  }

  private static Map<String, StoredTensor> shards(Path folder, Path index) {
    JsonNode weightMap = ConfigJson.read(index).json().path("weight_map");
    Set<String> files = new LinkedHashSet<>();
    weightMap.forEach(file -> files.add(file.asText()));
    if (files.isEmpty()) {
      throw new UserError(index + ": weight_map: names no file");
    }
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    for (String file : files) {
      // A path would let an index reach out of its folder.
      if (file.contains("/") || file.contains("\\") || !file.endsWith(SUFFIX)) {
        throw new UserError(
            OneLine.of(index + ": weight_map: '" + file + "' is no safetensors file name"));
      }
      Path shard = folder.resolve(file);
      if (!Files.isRegularFile(shard)) {
        throw new UserError(shard + " is missing, " + index.getFileName() + " names it");
      }
      SafeTensors.read(shard)
          .forEach(
              (name, tensor) -> {
                if (all.put(name, tensor) != null) {
                  throw new UserError(shard + ": tensor " + name + " is in another shard too");
                }
              });
    }
    return all;
  }
}
