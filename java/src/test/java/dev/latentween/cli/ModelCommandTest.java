package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latentween.settings.UserError;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelCommandTest {
  private static final Path TINY = Path.of("src/test/golden/tiny-sd1");
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path temp;
  private Path copy;

  @BeforeEach
  void copyModel() throws IOException {
    copy = temp.resolve("copy");
    try (Stream<Path> files = Files.walk(TINY)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(TINY.relativize(file).toString()));
      }
    }
  }

  private int run(Object... arguments) {
    CommandLine command = new CommandLine(new ModelCommand());
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    command.setExecutionExceptionHandler(
        (e, line, result) -> {
          if (!(e instanceof UserError)) {
            throw e;
          }
          line.getErr().println(e.getMessage());
          return 2;
        });
    String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
    return command.execute(words);
  }

  @Test
  void infoTellsWhatTheModelIs() {
    assertThat(run("info", TINY)).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            "model         tiny-sd1",
            "layout        diffusers folder",
            "family        Stable Diffusion 1.x",
            "text encoder  203,648 parameters, F16; 3 layers of 64, 4 heads, 77 positions,"
                + " 760 tokens, quick_gelu",
            "UNet          3,277,988 parameters, F16; 2 layers of 32/64/64/64, 4 heads,"
                + " 64 wide context, 32 groups",
            "VAE           1,399,879 parameters, F16; 2 layers of 32/32/64/64,"
                + " 4 latent channels x 0.18215, 32 groups",
            "scheduler     scaled_linear beta 0.00085 to 0.012 in 1000 steps, predicts epsilon",
            "tokenizer     " + TINY.resolve("tokenizer"),
            "missing       none",
            "not fitting   none",
            "unexpected    none",
            "ignored       1",
            "              text_encoder.text_model.embeddings.position_ids");
  }

  @Test
  void infoTellsEveryFaultAndFailsWithTheFirst() throws IOException {
    Files.copy(
        copy.resolve("text_encoder/model.safetensors"),
        copy.resolve("vae/diffusion_pytorch_model.safetensors"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.delete(copy.resolve("tokenizer/vocab.json"));

    assertThat(run("info", copy)).isEqualTo(2);
    assertThat(out.toString())
        .contains("1,399,879 parameters, no weights;")
        .containsPattern("tokenizer +missing or unusable")
        .containsPattern("missing +244\n +vae.encoder.conv_in.weight\n")
        .containsPattern("unexpected +52\n +vae.text_model.");
    assertThat(err.toString().lines()).singleElement().asString().contains("no tokenizer");
  }

  @Test
  void infoNamesAFamilyItDoesNotSupport() throws IOException {
    Path config = copy.resolve("unet/config.json");
    String json = Files.readString(config);
    Files.writeString(config, json.replace("\"in_channels\": 4", "\"in_channels\": 9"));

    assertThat(run("info", copy)).isEqualTo(2);
    assertThat(out.toString())
        .containsPattern("family +Stable Diffusion inpainting, not supported");
    assertThat(err.toString()).contains("supported is Stable Diffusion 1.x");
  }

  @Test
  void tokensShowsIdsPiecesAndThatNothingIsCut() {
    assertThat(run("tokens", TINY, "a City")).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            "   758  <|startoftext|>",
            "   320  a</w>",
            "   537  city</w>",
            "   759  <|endoftext|>",
            "4 of 77 tokens, not cut");
  }

  @Test
  void tokensTellsHowMuchIsCut() throws IOException {
    Path tokenizer = temp.resolve("moved");
    Files.move(copy.resolve("tokenizer"), tokenizer);

    assertThat(run("tokens", copy, "a ".repeat(100), "--tokenizer", tokenizer)).isZero();
    assertThat(out.toString()).contains("cut at 77 tokens: the last 25 are not used");
  }

  @Test
  void mistakesAreTheUsers() {
    assertThat(run("info", temp.resolve("nowhere"))).isEqualTo(2);
    assertThat(run("tokens", TINY)).isEqualTo(2);
    assertThat(err.toString()).contains("no such model").contains("PROMPT");
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("info").contains("tokens");
  }
}
