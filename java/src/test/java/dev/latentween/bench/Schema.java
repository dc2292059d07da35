package dev.latentween.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The documented schema. */
public final class Schema {
  private static final Path FILE = Path.of("../docs/bench-schema.json");

  private Schema() {}

  /** What is wrong with a document; empty if nothing. */
  public static List<String> complaints(String document) throws IOException {
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(Files.readString(FILE));
    return schema.validate(new ObjectMapper().readTree(document)).stream()
        .map(Object::toString)
        .toList();
  }
}
