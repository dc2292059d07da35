package dev.latentween.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each mistake is told in one line that names the setting, the value and what would be right. */
class BadSettingsTest {
  private static final String INIT =
      "\"use_init\": true, \"init_image\": \"https://example.org/a.png\", ";

  static Stream<Arguments> badMembers() {
    return Stream.of(
        arguments("\"stpes\": 1", "unknown setting \"stpes\"; did you mean \"steps\"?"),
        arguments("\"interpolate_frames\": 1", "did you mean \"interpolate_x_frames\"?"),
        arguments("\"SAMPLER\": \"euler\"", "did you mean \"sampler\"?"),
        arguments("\"qqqqqqqqqqqqqq\": 1", "\"latentween settings\" lists those there are"),
        arguments("\"W\": \"512\"", "W is \"512\"; it must be a whole number from 64 to 8192"),
        arguments("\"W\": 63", "W is 63; it must be a whole number from 64 to 8192"),
        arguments("\"H\": 32", "H is 32; it must be a whole number from 64 to 8192"),
        arguments("\"H\": 8193", "H is 8193; it must be"),
        arguments("\"H\": null", "H is null; it must be"),
        arguments("\"W\": 512.5", "W is 512.5; it must be a whole number"),
        arguments("\"W\": 99999999999999999999", "W is 99999999999999999999; it must be"),
        arguments("\"steps\": 0", "steps is 0; it must be a whole number from 1 to 1000"),
        arguments("\"steps\": true", "steps is true; it must be a whole number"),
        arguments("\"strength\": 1.01", "strength is 1.01; it must be a number from 0 to 1"),
        arguments("\"strength\": -0.1", "strength is -0.1; it must be a number from 0 to 1"),
        arguments("\"scale\": NaN", "scale is \"NaN\"; it must be a number from 0 to 100"),
        arguments("\"scale\": Infinity", "scale is \"Infinity\"; it must be a number"),
        arguments("\"scale\": 1e999", "scale is \"Infinity\"; it must be a number"),
        arguments("\"scale\": \"7\"", "scale is \"7\"; it must be a number from 0 to 100"),
        arguments("\"seed\": -2", "seed is -2; it must be a whole number from -1 to 4294967295"),
        arguments("\"seed\": 4294967296", "seed is 4294967296; it must be"),
        arguments("\"sampler\": \"eulr\"", "sampler is \"eulr\"; it must be one of klms, dpm2, "),
        arguments("\"sampler\": 3", "sampler is 3; it must be one of klms"),
        arguments("\"use_init\": 1", "use_init is 1; it must be true or false"),
        arguments("\"animation_mode\": \"2D\"", "is \"2D\"; it must be \"Interpolation\""),
        arguments("\"animation_mode\": \"None\"", "is \"None\"; it must be \"Interpolation\""),
        arguments("\"animation_mode\": \"Warp\"", "is \"Warp\"; it must be \"Interpolation\""),
        arguments("\"fit\": \"cover\"", "it must be one of stretch, crop, pad"),
        arguments("\"sigmas\": \"vp\"", "it must be one of compvis, karras"),
        arguments("\"noise_device\": \"mps\"", "it must be one of cuda, cpu"),
        arguments("\"precision\": \"full\"", "it must be one of autocast, fp8"),
        arguments("\"compat\": \"a1111\"", "it must be one of none, dsd-0.7.1"),
        arguments("\"bit_depth_output\": 32", "is 32; it must be 8 or 16; 32 (EXR) is not"),
        arguments("\"clip_skip\": 0", "clip_skip is 0; it must be a whole number from 1 to 12"),
        arguments("\"ddim_eta\": 2", "ddim_eta is 2; it must be a number from 0 to 1"),
        arguments("\"fps\": 0", "fps is 0; it must be a number from 1 to 240"),
        arguments("\"interpolate_x_frames\": -1", "is -1; it must be a whole number from 0"),
        arguments(
            "\"key_seeds\": [1]", "key_seeds has 1 seeds; it must have one for each of the 2"),
        arguments("\"key_seeds\": []", "key_seeds has 0 seeds"),
        arguments("\"key_seeds\": [1, -1]", "key_seeds is [1,-1]; it must be a list of whole"),
        arguments("\"key_seeds\": 5", "key_seeds is 5; it must be a list of whole numbers"),
        arguments(
            "\"neg_prompts\": [\"a\", \"b\", \"c\"]", "neg_prompts has 3 texts; it must have 1"),
        arguments("\"neg_prompts\": 5", "neg_prompts is 5; it must be a text"),
        arguments("\"cond_prompts\": [\"z\"]", "cond_prompts is another name of prompts, and the"),
        arguments("\"batch_name\": \"../x\"", "batch_name is \"../x\"; it must be the name of one"),
        arguments("\"batch_name\": \"..\"", "batch_name is \"..\"; it must be the name of one"),
        arguments("\"batch_name\": \"\\ud800\"", "it must be a folder's path"),
        arguments("\"outdir\": \"a\\u0000b\"", "it must be a folder's path"),
        arguments("\"use_init\": true", "use_init is true but init_image is not given"),
        arguments(
            "\"use_init\": true, \"init_image\": \"x.png\"",
            "init_image is \"x.png\"; there is no file /nowhere/x.png"),
        arguments(
            "\"use_init\": true, \"init_image\": \"http://a b/\"",
            "init_image is \"http://a b/\"; it must be a file or http(s) URL"),
        arguments(
            "\"use_init\": true, \"init_image\": \"http:///a.png\"",
            "init_image is \"http:///a.png\"; it must be a file or http(s) URL"),
        arguments(
            "\"resume_from_timestring\": true, \"resume_timestring\": \"../x\"",
            "resume_timestring is \"../x\"; it must be like \"20220829210106\""),
        arguments(
            INIT + "\"strength\": 1, \"sampler\": \"dpm_fast\"",
            "strength 1.0 leaves none of 50 steps; sampler dpm_fast must have one"));
  }

  @ParameterizedTest
  @MethodSource("badMembers")
  void isRefused(String members, String message) {
    assertThatThrownBy(() -> SettingsFiles.with(members))
        .isInstanceOf(UserError.class)
        .message()
        .contains(message)
        .hasLineCount(1);
  }

  static Stream<Arguments> badFiles() {
    return Stream.of(
        arguments("", "test.json must hold one JSON object"),
        arguments("[]", "test.json must hold one JSON object"),
        arguments("{\n  \"W\": 512,\n}", "test.json is not valid JSON at line 3, column 1"),
        arguments("{\"W\": 512", "test.json is not valid JSON at line 1, column"),
        arguments("{} {}", "test.json is not valid JSON at line 1, column 4"),
        arguments(
            "{\"W\": 64,\n \"W\": 64}", "test.json is not valid JSON at line 2, column 5: Dup"),
        arguments("{\"prompts\": {\"0\": \"a\", \"0\": \"b\"}}", "Duplicate field '0'"),
        arguments("{}", "prompts is missing; it must be"),
        arguments("{\"prompts\": null}", "prompts is null; it must be a text, a list"),
        arguments("{\"prompts\": []}", "prompts is []; it must be"),
        arguments("{\"prompts\": {}}", "prompts is {}; it must be"),
        arguments("{\"prompts\": \" \"}", "prompts is \" \"; it must be"),
        arguments("{\"prompts\": [\"a\", \"\"]}", "with none left empty"),
        arguments("{\"prompts\": [\"a\", 5]}", "prompts is [\"a\",5]; it must be"),
        arguments("{\"prompts\": {\"a\": \"b\"}}", "a map of whole numbers to texts"),
        arguments(
            "{\"prompts\": {\"0\": \"a\", \"00\": \"b\"}}", "prompts is {\"0\":\"a\",\"00\""));
  }

  @ParameterizedTest
  @MethodSource("badFiles")
  void fileIsRefused(String json, String message) {
    assertThatThrownBy(() -> SettingsFiles.load(json))
        .isInstanceOf(UserError.class)
        .message()
        .contains(message)
        .hasLineCount(1);
  }

  @Test
  void fileThatIsNotThereOrNotTextIsRefused(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> new SettingsReader().read(folder.resolve("no.json"), Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("there is no settings file ");
    assertThatThrownBy(() -> new SettingsReader().read(folder, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("cannot read settings file ");
    Path loop = Files.createSymbolicLink(folder.resolve("loop"), folder.resolve("loop"));
    assertThatThrownBy(() -> new SettingsReader().read(loop, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("cannot read settings file " + loop + ": Too many levels");
    Path png = Files.write(folder.resolve("a.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
    assertThatThrownBy(() -> new SettingsReader().read(png, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(png + " is not valid JSON");
  }

  /** A model's, for example: its name is easily given in the settings' place. */
  @Test
  void hugeFileIsNotReadWhole(@TempDir Path folder) throws IOException {
    Path huge = folder.resolve("huge.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength(3L << 30);
    }
    assertThatThrownBy(() -> new SettingsReader().read(huge, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(huge + " is not valid JSON at line 1, ");
  }

  @Test
  void overrideIsCheckedAsTheFileIs() {
    Map<String, String> bad = Map.of("W", "wide");
    assertThatThrownBy(() -> SettingsFiles.load("{\"prompts\": \"a\"}", Path.of("/"), bad))
        .hasMessage("W is \"wide\"; it must be a whole number from 64 to 8192");
  }

  @Test
  void longValuesAreCutShort() {
    assertThatThrownBy(() -> SettingsFiles.with("\"W\": \"" + "x".repeat(500) + "\""))
        .message()
        .satisfies(text -> assertThat(text.length()).isLessThan(150));
  }
}
