package dev.latentween.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.latentween.model.SchedulerConfig.PredictionType;
import dev.latentween.settings.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;

  private static ConfigJson config(String file) {
    return ConfigJson.read(TinyModel.FOLDER.resolve(file));
  }

  private static void read(String file, ConfigJson changed) {
    ConfigReader.read(
        file.startsWith("text") ? changed : config("text_encoder/config.json"),
        file.startsWith("unet") ? changed : config("unet/config.json"),
        file.startsWith("vae") ? changed : config("vae/config.json"),
        file.startsWith("sched") ? changed : config("scheduler/scheduler_config.json"));
  }

  @ParameterizedTest
  @CsvSource({
    "text_encoder/config.json, vocab_size",
    "text_encoder/config.json, hidden_size",
    "text_encoder/config.json, intermediate_size",
    "text_encoder/config.json, num_hidden_layers",
    "text_encoder/config.json, num_attention_heads",
    "text_encoder/config.json, max_position_embeddings",
    "text_encoder/config.json, hidden_act",
    "unet/config.json, in_channels",
    "unet/config.json, out_channels",
    "unet/config.json, block_out_channels",
    "unet/config.json, down_block_types",
    "unet/config.json, up_block_types",
    "unet/config.json, layers_per_block",
    "unet/config.json, attention_head_dim",
    "unet/config.json, cross_attention_dim",
    "unet/config.json, norm_num_groups",
    "vae/config.json, in_channels",
    "vae/config.json, out_channels",
    "vae/config.json, latent_channels",
    "vae/config.json, block_out_channels",
    "vae/config.json, layers_per_block",
    "scheduler/scheduler_config.json, beta_start",
    "scheduler/scheduler_config.json, beta_end",
    "scheduler/scheduler_config.json, beta_schedule",
  })
  void aMissingFieldIsNamed(String file, String field) {
    ConfigJson config = config(file);
    config.json().remove(field);

    assertThatThrownBy(() -> read(file, config))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith(file + ": " + field + ": is missing");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unet/config.json | act_fn | \"gelu\"",
        "unet/config.json | addition_embed_type | \"text\"",
        "unet/config.json | class_embed_type | \"timestep\"",
        "unet/config.json | num_class_embeds | 10",
        "unet/config.json | time_cond_proj_dim | 256",
        "unet/config.json | encoder_hid_dim | 4096",
        "unet/config.json | transformer_layers_per_block | [1, 2, 10, 10]",
        "unet/config.json | dual_cross_attention | true",
        "unet/config.json | only_cross_attention | [true, false, false, false]",
        "unet/config.json | resnet_time_scale_shift | \"scale_shift\"",
        "unet/config.json | mid_block_type | \"UNetMidBlock2D\"",
        "unet/config.json | conv_in_kernel | 5",
        "unet/config.json | downsample_padding | 0",
        "unet/config.json | down_block_types | [\"A\", \"A\", \"A\", \"A\"]",
        "unet/config.json | up_block_types | [\"UpBlock2D\"]",
        "unet/config.json | block_out_channels | [32, 64, 64, 65]",
        "unet/config.json | block_out_channels | []",
        "unet/config.json | attention_head_dim | 5",
        "unet/config.json | attention_head_dim | [4, 4]",
        "unet/config.json | layers_per_block | 1000",
        "unet/config.json | in_channels | 0",
        "unet/config.json | in_channels | 5",
        "unet/config.json | in_channels | \"4\"",
        "unet/config.json | cross_attention_dim | 768",
        "unet/config.json | use_linear_projection | 1",
        "unet/config.json | norm_eps | 1e999",
        "vae/config.json | in_channels | 1",
        "vae/config.json | latents_mean | [0, 0, 0, 0]",
        "vae/config.json | shift_factor | 0.1",
        "vae/config.json | use_quant_conv | false",
        "vae/config.json | down_block_types | [\"AttnDownEncoderBlock2D\"]",
        "vae/config.json | scaling_factor | 0",
        "text_encoder/config.json | hidden_act | \"relu\"",
        "text_encoder/config.json | num_attention_heads | 7",
        "text_encoder/config.json | vocab_size | 99999999999",
        "scheduler/scheduler_config.json | beta_schedule | \"squaredcos_cap_v2\"",
        "scheduler/scheduler_config.json | prediction_type | \"sample\"",
        "scheduler/scheduler_config.json | trained_betas | [0.1]",
        "scheduler/scheduler_config.json | beta_end | 1.5",
      })
  void aValueThatIsNotSupportedIsNamed(String file, String field, String value) throws IOException {
    ConfigJson config = config(file);
    config.json().set(field, JSON.readTree(value));

    assertThatThrownBy(() -> read(file, config))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file + ": ")
        .hasMessageContaining(field)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void aConfigOfTheFirstDiffusersIsEnough() throws IOException {
    JsonNode old =
        JSON.readTree(
            """
            {"act_fn": "silu", "attention_head_dim": 8, "block_out_channels": [320, 640],
             "center_input_sample": false, "cross_attention_dim": 768,
             "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1,
             "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2,
             "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32,
             "out_channels": 4, "sample_size": 64,
             "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"]}
            """);
    UNetConfig unet = ConfigReader.unet(new ConfigJson("unet", (ObjectNode) old));
    assertThat(unet.useLinearProjection()).isFalse();
    assertThat(unet.heads()).containsExactly(8, 8);

    ConfigJson vae = config("vae/config.json");
    vae.json().remove("scaling_factor");
    assertThat(ConfigReader.vae(vae).scalingFactor()).isEqualTo(0.18215);
    ConfigJson scheduler = config("scheduler/scheduler_config.json");
    scheduler.json().remove("prediction_type");
    assertThat(ConfigReader.scheduler(scheduler).predictionType())
        .isEqualTo(PredictionType.EPSILON);
  }

  @Test
  void noMutationOfAConfigEscapesTheChecks() throws IOException {
    Random random = new Random(3);
    String good = config("unet/config.json").json().toString();
    String alphabet = "{}[]\",:0123456789-.eEtrufalsn\\";
    Path file = temp.resolve("unet-config.json");
    for (int round = 0; round < 3000; round++) {
      StringBuilder json = new StringBuilder(good);
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        int at = random.nextInt(json.length());
        json.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
      }
      Files.writeString(file, json);
      try {
        read("unet", ConfigJson.read(file));
      } catch (UserError expected) {
        assertThat(expected.getMessage().lines()).hasSize(1);
      }
    }
  }

  @Test
  void headsMayDifferFromBlockToBlock() {
    ConfigJson unet = config("unet/config.json");
    unet.json().putArray("attention_head_dim").add(2).add(4).add(8).add(8);

    assertThat(ConfigReader.unet(unet).heads()).containsExactly(2, 4, 8, 8);
  }
}
