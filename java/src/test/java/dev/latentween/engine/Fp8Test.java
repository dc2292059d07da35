package dev.latentween.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Fp8Test {
  @TempDir Path folder;

  @Test
  void otherDevicesAreToldWhatIsNeededAndNothingIsKept() throws IOException {
    List<String> notes = new ArrayList<>();
    try (TinyEngine tiny = new TinyEngine()) {
      assertThatThrownBy(() -> new Fp8(folder, notes::add).turn(tiny.model, "tiny"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("precision fp8 needs a GPU of compute capability 9.0");
      Files.writeString(folder.resolve("tiny.json"), "{\"peaks\": {\"unet.conv\": 1.5}}");
      assertThatThrownBy(() -> new Fp8(folder, notes::add).turn(tiny.model, "tiny"))
          .as("with a file")
          .hasMessageStartingWith("precision fp8 needs a GPU of compute capability 9.0");
    }
    assertThat(notes).isEmpty();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("tiny.json"));
    }
  }

  @Test
  void cacheIsWhereTheUserKeepsCaches() {
    assertThat(Fp8.cacheFolder(Map.of("XDG_CACHE_HOME", "/var/cache/me")))
        .isEqualTo(Path.of("/var/cache/me/latentween/fp8"));
    Path home = Path.of(System.getProperty("user.home"), ".cache/latentween/fp8");
    assertThat(Fp8.cacheFolder(Map.of())).isEqualTo(home);
    assertThat(Fp8.cacheFolder(Map.of("XDG_CACHE_HOME", "relative"))).isEqualTo(home);
  }
}
