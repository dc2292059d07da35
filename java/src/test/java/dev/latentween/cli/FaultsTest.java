package dev.latentween.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.latentween.engine.Devices;
import dev.latentween.model.TinyModel;
import dev.latentween.video.TinyDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong is told in one line, before anything is written. */
class FaultsTest {
  private static final String UNET = "unet/diffusion_pytorch_model.safetensors";

  @TempDir Path temp;
  private Path settings;
  private Path model;
  private Path outdir;

  @BeforeEach
  void prepare() throws IOException {
    settings = SmallRender.settings(temp);
    model = TinyModel.copyTo(temp);
    outdir = temp.resolve("new/outdir");
  }

  private void assertRefused(int exitCode, String message, Object... more) throws IOException {
    List<Path> before = tree();
    List<Object> words = new ArrayList<>(List.of("render", settings, "--model", model));
    if (!List.of(more).contains("--outdir")) {
      words.addAll(List.of("--outdir", outdir));
    }
    if (!List.of(more).contains("--device")) {
      words.addAll(List.of("--device", "cpu"));
    }
    words.addAll(List.of(more));
    Cli cli = Cli.run(words.toArray());
    assertThat(cli.err()).startsWith("error: ").contains(message).hasLineCount(1);
    assertThat(cli.exitCode()).isEqualTo(exitCode);
    assertThat(cli.out()).isEmpty();
    assertThat(tree()).as("nothing is written").isEqualTo(before);
  }

  private List<Path> tree() throws IOException {
    try (Stream<Path> files = Files.walk(temp)) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "steps=0|steps is 0; it must be a whole number from 1",
        "stpes=3|did you mean \"steps\"?",
        "W=32|W is 32; it must be",
        "prompts=[]|prompts is []; it must be",
        "sampler=eular|sampler is \"eular\"; it must be one of",
        "use_mask=true|use_mask is true; masks are not supported",
        "clip_skip=4|clip_skip: 4 is not in 1..3"
      })
  void settings(String setting, String message) throws IOException {
    assertRefused(2, message, "-s", setting);
  }

  @Test
  void settingsThatAreNoJson() throws IOException {
    Files.writeString(settings, "{\n \"prompts\": [\"a\",]\n}");
    assertRefused(2, "small.json is not valid JSON at line 2, column");
  }

  @ParameterizedTest
  @CsvSource({"v.mov, must be one of avi", "o, is no folder", "d.mp4, a folder of that name"})
  void video(String name, String message) throws IOException {
    Files.createDirectory(temp.resolve("d.mp4"));
    Files.createFile(temp.resolve("file"));
    String path = name.equals("o") ? "file/v.mp4" : name;
    assertRefused(2, message, "-o", temp.resolve(path));
  }

  @Test
  void initImage() throws IOException {
    assertRefused(2, "there is no file " + temp.resolve("no.png"), init("no.png"));
    Files.writeString(temp.resolve("text.png"), "no picture at all");
    assertRefused(
        2, "init_image " + temp.resolve("text.png") + ": not a whole image", init("text.png"));
    byte[] png = Files.readAllBytes(Path.of("src/test/golden/renders/init.png"));
    Files.write(temp.resolve("cut.png"), Arrays.copyOf(png, 30));
    assertRefused(2, "not a whole image", init("cut.png"));
  }

  private static Object[] init(String name) {
    return new Object[] {"-s", "use_init=true", "-s", "strength=0", "-s", "init_image=" + name};
  }

  @Test
  void modelThatIsNotThere() throws IOException {
    Path there = model;
    model = temp.resolve("nowhere");
    assertRefused(2, model + ": there is no such model");
    model = temp;
    assertRefused(2, temp + " is no model: neither a diffusers folder");
    model = settings;
    assertRefused(2, settings.toString());
    model = there;
    Files.delete(model.resolve("tokenizer/merges.txt"));
    assertRefused(2, "no tokenizer: put its vocab.json and merges.txt into");
  }

  @Test
  void modelThatIsCutShort() throws IOException {
    try (FileChannel weights = FileChannel.open(model.resolve(UNET), StandardOpenOption.WRITE)) {
      weights.truncate(weights.size() - 1);
    }
    assertRefused(2, model.resolve(UNET).toString());
  }

  @Test
  void weightThatIsNoNumber() throws IOException {
    String tensor = "mid_block.resnets.0.conv1.weight";
    try (FileChannel weights =
        FileChannel.open(model.resolve(UNET), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      weights.read(length);
      ByteBuffer header = ByteBuffer.allocate((int) length.getLong(0));
      weights.read(header);
      JsonNode json = new ObjectMapper().readTree(header.array());
      long offset = json.get(tensor).get("data_offsets").get(0).asLong();
      byte[] nan = {0x00, 0x7e};
      weights.write(ByteBuffer.wrap(nan), 8 + header.capacity() + offset + 1234);
    }
    assertRefused(2, "'unet." + tensor + "'");
  }

  @Test
  void outputFolderThatCannotBe() throws Exception {
    Path file = Files.createFile(temp.resolve("file"));
    assertRefused(2, "file is no folder", "--outdir", file.resolve("below"));
    try (TinyDisk readOnly = TinyDisk.mount(Files.createDirectory(temp.resolve("disk")), 64)) {
      Path disk = readOnly.dir();
      new ProcessBuilder("mount", "-o", "remount,ro", disk.toString()).start().waitFor();
      assertRefused(2, disk + " is not writable", "--outdir", disk.resolve("a/b"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tpu", "cuda:", "cuda:-1", "cpu,", "cuda:all:1", "CPU"})
  void deviceThatIsNone(String name) throws IOException {
    assertRefused(2, "--device is " + name + "; it must be cpu, cuda, cuda:N,", "--device", name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda:99", "cpu,cuda:99"})
  void deviceThatIsNotThere(String name) throws IOException {
    assertRefused(4, "cuda:99: ", "--device", name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda", "cuda:all", "cpu,cuda"})
  void gpuWhereThereIsNone(String name) throws IOException {
    Devices devices = Devices.find();
    if (devices.gpus().isEmpty()) {
      assertRefused(4, "--device is " + name + "; " + devices.whyNone(), "--device", name);
    }
  }

  @Test
  void syntheticModelThatIsNone() throws IOException {
    model = Path.of("synthetic:sdxl");
    assertRefused(2, "--model is synthetic:sdxl; the only synthetic one is synthetic:sd15");
  }

  @Test
  void modelThatDoesNotShip() throws IOException {
    List<Path> before = tree();
    String home = System.setProperty("latentween.home", temp.toString());
    try {
      Cli cli = Cli.run("render", settings, "--outdir", outdir);
      assertThat(cli.err()).contains("name one with --model PATH").hasLineCount(1);
      assertThat(cli.exitCode()).isEqualTo(2);
    } finally {
      System.setProperty("latentween.home", home);
    }
    assertThat(tree()).isEqualTo(before);
  }

  /** Not before anything is written, but with all that was written whole. */
  @Test
  void diskThatIsSoonFull() throws Exception {
    SmallRender.into(settings, temp.resolve("reference"));
    List<byte[]> frames = SmallRender.frames(temp.resolve("reference"));
    try (TinyDisk tiny = TinyDisk.mount(Files.createDirectory(temp.resolve("disk")), 64)) {
      Path disk = tiny.dir();
      Path video = temp.resolve("v.mp4");
      Cli cli = Cli.run(SmallRender.command(settings, disk, "-o", video).toArray());
      assertThat(cli.exitCode()).isEqualTo(2);
      assertThat(cli.err())
          .startsWith("error: cannot write " + disk)
          .endsWith("No space left on device; free some space, then go on with --resume\n")
          .hasLineCount(1);
      assertThat(video).doesNotExist();
      assertThat(temp.toFile().list()).noneMatch(name -> name.startsWith("."));
      assertThat(disk.toFile().list()).noneMatch(name -> name.startsWith("."));
      List<byte[]> left = SmallRender.frames(disk);
      assertThat(left)
          .hasSizeBetween(1, SmallRender.FRAMES - 1)
          .allMatch(png -> frames.stream().anyMatch(frame -> Arrays.equals(frame, png)));

      new ProcessBuilder("mount", "-o", "remount,size=4m", disk.toString()).start().waitFor();
      cli = SmallRender.into(settings, disk, "-o", video, "--resume");
      assertThat(cli.err()).contains("keeping " + left.size() + " of 12 frames");
      SmallRender.assertSameFrames(disk, frames);
      assertThat(video).isNotEmptyFile();
    }
  }
}
