package dev.latentween.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.latentween.settings.Reason;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reports as documents. */
public final class ReportJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private ReportJson() {}

  public static String write(Report report) {
    try {
      return MAPPER.writeValueAsString(report) + System.lineSeparator();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws UserError if the file is none, or of another version
   */
  public static Report read(Path file) {
    try {
      JsonNode root = MAPPER.readTree(Files.readAllBytes(file));
      int version = root.path("schemaVersion").asInt();
      if (version != Report.SCHEMA_VERSION) {
        throw new UserError(
            file
                + " is no bench report of schema version "
                + Report.SCHEMA_VERSION
                + "; make it with latentween bench --json");
      }
      return MAPPER.treeToValue(root, Report.class);
    } catch (JsonProcessingException e) {
      String reason = e.getOriginalMessage().replaceFirst("; `.*", ""); // advice for programmers
      throw new UserError(file + " is no bench report: " + reason, e);
    } catch (NoSuchFileException e) {
      throw new UserError("there is no report " + file, e);
    } catch (IOException e) {
      throw new UserError("cannot read " + file + ": " + Reason.of(e), e);
    }
  }
}
