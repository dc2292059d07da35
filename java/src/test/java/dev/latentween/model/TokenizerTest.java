package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
  private static final Path TINY = TinyModel.FOLDER.resolve("tokenizer");
  private static final int START = 758;
  private static final int END = 759;

  @TempDir Path temp;

  private static TextConfig encoder(int vocabSize) {
    return new TextConfig(vocabSize, 64, 256, 3, 4, 77, 1e-5, TextConfig.Activation.QUICK_GELU);
  }

  private static Tokenizer tiny() {
    return Tokenizer.load(TINY, encoder(760));
  }

  private Path copy() throws IOException {
    return TinyModel.copy(TINY, temp.resolve("tokenizer"));
  }

  private static List<String> pieces(String prompt) {
    List<String> pieces = tiny().tokenize(prompt).pieces();
    return pieces.subList(1, pieces.size() - 1);
  }

  @Test
  void theReferencePromptsGiveTheReferenceIds() throws IOException {
    Path cases = TinyModel.GOLDEN.resolve("cases.safetensors");
    StoredTensor stored = SafeTensors.read(cases).get("text.ids");
    IntBuffer expected =
        java.nio.ByteBuffer.wrap(Files.readAllBytes(cases))
            .order(ByteOrder.LITTLE_ENDIAN)
            .slice((int) stored.offset(), (int) stored.bytes())
            .order(ByteOrder.LITTLE_ENDIAN)
            .asIntBuffer();
    String[] prompts = {
      "a dystopian warzone with zombies, dark clouds in the sky, night",
      "a beautiful and modern city with blue sky and green trees",
      "",
      "a city ".repeat(60)
    };
    for (String prompt : prompts) {
      int[] row = new int[77];
      expected.get(row);
      assertThat(tiny().encode(prompt)).as(prompt).isEqualTo(row);
    }
  }

  /** The real vocabulary is not ours to ship. */
  @Test
  void clipsVocabularyGivesTransformersIds() throws IOException {
    Path folder = Path.of(System.getProperty("latentween.clipVocab", "../../shared/clip-vocab"));
    assumeTrue(
        Files.isRegularFile(folder.resolve("tokens.json")),
        () -> "CLIP's vocabulary is not at " + folder + ": set -Dlatentween.clipVocab=FOLDER");
    Tokenizer clip = Tokenizer.load(folder, encoder(49408));

    SoftAssertions softly = new SoftAssertions();
    for (JsonNode row : new ObjectMapper().readTree(folder.resolve("tokens.json").toFile())) {
      String prompt = row.get("prompt").asText();
      List<Integer> expected = new ArrayList<>();
      row.get("ids").forEach(id -> expected.add(id.asInt()));
      softly.assertThat(clip.tokenize(prompt).ids()).as(prompt).isEqualTo(expected);
    }
    softly.assertAll();
  }

  @Test
  void idsArePaddedWithTheConfiguredToken() throws IOException {
    Path folder = copy();
    TinyModel.editJson(folder.resolve("tokenizer_config.json"), json -> json.put("pad_token", "!"));

    int[] ids = Tokenizer.load(folder, encoder(760)).encode("");

    assertThat(ids).hasSize(77).startsWith(START, END, 0, 0);
    assertThat(tiny().encode("")).hasSize(77).startsWith(START, END, END, END);
  }

  @Test
  void aLongPromptIsCutAndSaysSo() {
    Tokens fits = tiny().tokenize("a ".repeat(75));
    Tokens cut = tiny().tokenize("a ".repeat(80));

    assertThat(fits.cut()).isFalse();
    assertThat(fits.ids()).hasSize(77).endsWith(END);
    assertThat(cut.cut()).isTrue();
    assertThat(cut.dropped()).isEqualTo(5);
    assertThat(cut.ids()).isEqualTo(fits.ids());
  }

  @Test
  void textIsSplitAsClipDoes() {
    // The vocabulary has few merges: a word's end tells where the text was split.
    assertThat(pieces("It's 12!?"))
        .containsExactly("it</w>", "'", "s</w>", "1</w>", "2</w>", "!", "?</w>");
    assertThat(pieces("a\u00a0b\u3000c\td")).containsExactly("a</w>", "b</w>", "c</w>", "d</w>");
    assertThat(pieces("")).isEmpty();
  }

  @Test
  void bytesOutsidePrintableLatin1HaveStandInsInOrder() {
    assertThat(pieces("\u4e2d")).containsExactly("\u00e4", "\u00b8", "\u0143</w>");
    assertThat(pieces("\0")).containsExactly("\u0100</w>");
    assertThat(pieces("\u00ff\u007f")).containsExactly("\u00c3", "\u00bf</w>", "\u0121</w>");
  }

  @Test
  void lettersAreLowerCasedOneByOneAndComposed() {
    assertThat(pieces("e\u0301")).isEqualTo(pieces("\u00c9"));
    assertThat(pieces("\u039f\u0394\u039f\u03a3")).isEqualTo(pieces("\u03bf\u03b4\u03bf\u03c3"));
    assertThat(pieces("\u0130")).isEqualTo(pieces("i\u0307"));
  }

  @Test
  void specialTokensInAPromptAreThemselves() {
    assertThat(tiny().tokenize("a<|endoftext|>b <|startoftext|>").ids())
        .containsExactly(START, 320, END, 321, START, END);
    assertThat(pieces("<|ENDOFTEXT|>")).doesNotContain("<|endoftext|>").startsWith("<", "|</w>");
  }

  @Test
  void aSpecialTokenMarkedNormalizedIsFoundInAnyCase() throws IOException {
    Path folder = copy();
    TinyModel.editJson(
        folder.resolve("tokenizer_config.json"),
        json -> {
          for (String token : List.of("eos_token", "unk_token", "pad_token")) {
            json.putObject(token).put("content", "<|endoftext|>").put("normalized", true);
          }
        });

    assertThat(Tokenizer.load(folder, encoder(760)).tokenize("<|EndOfText|>").ids())
        .containsExactly(START, END, END);
  }

  @Test
  void aSymbolOutsideTheVocabularyBecomesTheUnknownToken() throws IOException {
    Path folder = copy();
    TinyModel.editJson(folder.resolve("vocab.json"), json -> json.remove("~</w>"));

    assertThat(Tokenizer.load(folder, encoder(760)).tokenize("~").ids())
        .containsExactly(START, END, END);
  }

  @Test
  void tokensAreKnownWithoutAConfig() throws IOException {
    Path folder = copy();
    Files.delete(folder.resolve("tokenizer_config.json"));

    assertThat(Tokenizer.load(folder, encoder(760)).encode("a city"))
        .isEqualTo(tiny().encode("a city"));
  }

  @Test
  void anAbsurdPromptTakesNoAbsurdTime() {
    String word = "abracadabra".repeat(20_000);
    Assertions.assertTimeout(Duration.ofSeconds(5), () -> tiny().encode(word));
    Assertions.assertTimeout(Duration.ofSeconds(5), () -> tiny().encode("!\ud800 ".repeat(50_000)));
  }

  @Test
  void filesThatDisagreeAreRefused() throws IOException {
    Path folder = copy();
    Path merges = folder.resolve("merges.txt");
    String good = Files.readString(merges);

    Files.writeString(merges, good + "q q q\n");
    assertBad(folder, "merges.txt: line 248: not two symbols");
    Files.writeString(merges, good + "q zz\n");
    assertBad(folder, "merges.txt: line 248: 'qzz' is not in vocab.json");
    Files.writeString(merges, good + "q q\n");
    assertBad(folder, "merges.txt: line 248: 'qq' is not in vocab.json");
    Files.write(merges, new byte[] {(byte) 0xff, (byte) 0xfe});
    assertBad(folder, "merges.txt: cannot be read as UTF-8 text");
    Files.delete(merges);
    Files.createDirectory(merges);
    assertBad(folder, "merges.txt: cannot be read: Is a directory");
    Files.delete(merges);
    Files.writeString(merges, good);

    Path vocab = folder.resolve("vocab.json");
    String words = Files.readString(vocab);
    Files.writeString(vocab, words.replace("758", "757"));
    assertBad(folder, "have the same id 757");
    Files.writeString(vocab, words.replace("759", "760"));
    assertBad(folder, "'<|endoftext|>' has id 760, the text encoder has 0 to 759");
    Files.writeString(vocab, words.replace("<|endoftext|>", "<|end|>"));
    assertBad(folder, "lacks the eos_token '<|endoftext|>'");
    Files.writeString(vocab, words.substring(0, 500));
    assertBad(folder, "vocab.json is not JSON");
    Files.writeString(vocab, "[]");
    assertBad(folder, "vocab.json is not a JSON object");
  }

  private static void assertBad(Path folder, String message) {
    assertThatThrownBy(() -> Tokenizer.load(folder, encoder(760)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void everyIdIsOfTheVocabulary() {
    assertThat(Arrays.stream(tiny().encode("\u4e2d\u6587 \ud83d\ude00 \u00e9 \0")))
        .allMatch(id -> id >= 0 && id < 760);
  }
}
