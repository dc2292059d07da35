package dev.latentween.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The settings of deforum-stable-diffusion, from January 2023 to 0.7.1, that are not in {@link
 * Catalogue}, with their defaults. A file saved by its notebook has all of them, so all are known:
 * none is an unknown key, and none that would change the picture is passed over in silence.
 */
final class DeforumOnly {
  private static final String MODE = "no effect in Interpolation mode";
  private static final String SAME_PICTURE = "not offered; the picture is the same";
  private static final String MASK = "no effect without use_mask";
  private static final String GUIDANCE = "no effect without gradient guidance";
  private static final String MODEL = "no effect: the model is chosen with --model";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, ForeignField> FIELDS = new LinkedHashMap<>();

  /** What is noted down in a settings file about a run; it sets nothing. */
  private static final Set<String> RECORDED =
      Set.of(
          SettingsWriter.MODEL,
          SettingsWriter.INIT_HASH,
          "timestring",
          "prompt",
          "cond_prompt",
          "uncond_prompt",
          "init_latent",
          "init_sample",
          "init_sample_raw",
          "mask_sample",
          "init_c",
          "seed_internal");

  private DeforumOnly() {}

  static {
    noEffect(
        MODE,
        """
        max_frames 1000
        border "replicate"
        angle "0:(0)"
        zoom "0:(1.04)"
        translation_x "0:(10*sin(2*3.14*t/10))"
        translation_y "0:(0)"
        translation_z "0:(10)"
        rotation_3d_x "0:(0)"
        rotation_3d_y "0:(0)"
        rotation_3d_z "0:(0)"
        flip_2d_perspective false
        perspective_flip_theta "0:(0)"
        perspective_flip_phi "0:(t%15)"
        perspective_flip_gamma "0:(0)"
        perspective_flip_fv "0:(53)"
        noise_schedule "0: (0.02)"
        strength_schedule "0: (0.65)"
        contrast_schedule "0: (1.0)"
        hybrid_comp_alpha_schedule "0:(1)"
        hybrid_comp_mask_blend_alpha_schedule "0:(0.5)"
        hybrid_comp_mask_contrast_schedule "0:(1)"
        hybrid_comp_mask_auto_contrast_cutoff_high_schedule "0:(100)"
        hybrid_comp_mask_auto_contrast_cutoff_low_schedule "0:(0)"
        hybrid_video_comp_alpha_schedule "0:(1)"
        hybrid_video_comp_mask_blend_alpha_schedule "0:(0.5)"
        hybrid_video_comp_mask_contrast_schedule "0:(1)"
        hybrid_video_comp_mask_auto_contrast_cutoff_high_schedule "0:(100)"
        hybrid_video_comp_mask_auto_contrast_cutoff_low_schedule "0:(0)"
        enable_schedule_samplers false
        sampler_schedule "0:('euler'),10:('dpm2'),20:('dpm2_ancestral'),30:('heun'),40:('euler'),\
        50:('euler_ancestral'),60:('dpm_fast'),70:('dpm_adaptive'),80:('dpmpp_2s_a'),90:('dpmpp_2m')"
        kernel_schedule "0: (5)"
        sigma_schedule "0: (1.0)"
        amount_schedule "0: (0.2)"
        threshold_schedule "0: (0.0)"
        color_coherence "Match Frame 0 LAB"
        color_coherence_video_every_N_frames 1
        color_force_grayscale false
        diffusion_cadence "1"
        use_depth_warping true
        midas_weight 0.3
        near_plane 200
        far_plane 10000
        fov 40
        padding_mode "border"
        sampling_mode "bicubic"
        save_depth_maps false
        video_init_path "/content/video_in.mp4"
        extract_nth_frame 1
        overwrite_extracted_frames true
        use_mask_video false
        video_mask_path "/content/video_in.mp4"
        hybrid_generate_inputframes false
        hybrid_use_first_frame_as_init_image true
        hybrid_motion "None"
        hybrid_motion_use_prev_img false
        hybrid_flow_method "DIS Medium"
        hybrid_composite false
        hybrid_comp_mask_type "None"
        hybrid_comp_mask_inverse false
        hybrid_comp_mask_equalize "None"
        hybrid_comp_mask_auto_contrast false
        hybrid_comp_save_extra_frames false
        hybrid_use_video_as_mse_image false
        n_batch 1
        filename_format "{timestring}_{index}_{prompt}.png"
        seed_behavior "iter"
        seed_iter_N 1
        make_grid false
        grid_rows 2
        """);
    noEffect(
        SAME_PICTURE,
        """
        save_settings true
        display_samples true
        save_sample_per_step false
        show_sample_per_step false
        n_samples 1
        cond_uncond_sync true
        """);
    noEffect("no effect without add_init_noise", "init_noise 0.01");
    noEffect(
        "no effect without prompt_weighting",
        "normalize_prompt_weights true\nlog_weighted_subprompts false");
    noEffect(
        MASK,
        """
        use_alpha_as_mask false
        mask_file "https://www.filterforge.com/wiki/images/archive/b/b7/20080927223728%21Polygonal_gradient_thumb.jpg"
        invert_mask false
        mask_brightness_adjust 1.0
        mask_contrast_adjust 1.0
        overlay_mask true
        mask_overlay_blur 5
        """);
    noEffect(
        GUIDANCE,
        """
        exposure_target 0.5
        colormatch_image "https://www.saasdesign.io/wp-content/uploads/2021/02/palette-3-min-980x588.png"
        colormatch_n_colors 4
        ignore_sat_weight 0
        clip_name "ViT-L/14"
        cutn 1
        cut_pow 0.0001
        init_mse_image "https://cdn.pixabay.com/photo/2022/07/30/13/10/green-longhorn-beetle-7353749_1280.jpg"
        gradient_wrt "x0_pred"
        gradient_add_to "both"
        decode_method "linear"
        grad_threshold_type "dynamic"
        clamp_grad_threshold 0.2
        clamp_start 0.2
        clamp_stop 0.01
        grad_inject_timing [1,2,3,4,5,6,7,8,9]
        """);
    noEffect(
        MODEL,
        """
        models_path "models"
        configs_path "configs"
        mount_google_drive true
        models_path_gdrive "/content/drive/MyDrive/AI/models"
        output_path_gdrive "/content/drive/MyDrive/AI/StableDiffusion"
        map_location "cuda"
        model_config "v1-inference.yaml"
        custom_config_path ""
        custom_checkpoint_path ""
        """);
    unsupported("masks are not supported; it must be false", "use_mask false");
    unsupported(
        "gradient guidance is not supported; it must be 0",
        """
        mean_scale 0
        var_scale 0
        exposure_scale 0
        colormatch_scale 0
        clip_scale 0
        aesthetics_scale 0
        init_mse_scale 0
        blue_scale 0
        """);
    unsupported(
        "thresholds are not supported; it must be null",
        "dynamic_threshold null\nstatic_threshold null");
    unsupported("only latents of 4 channels, 8 times smaller, are supported", "C 4\nf 8");
    unsupportedWhen(
        values -> values.of(Catalogue.USE_INIT),
        "noise on the init image is not supported; it must be false",
        "add_init_noise false");
    unsupportedWhen(
        values -> !values.of(Catalogue.USE_INIT),
        "starting late from mere noise is not supported; it must be true",
        "strength_0_no_init true");
    unsupportedWhen(
        values ->
            values.of(Catalogue.PROMPTS).texts().stream().anyMatch(text -> text.contains(":")),
        "prompts with weights (\"text:0.5\") are not supported; it must be false",
        "prompt_weighting false");
  }

  static Collection<String> names() {
    return Stream.concat(FIELDS.keySet().stream(), RECORDED.stream()).toList();
  }

  static boolean isRecorded(String name) {
    return RECORDED.contains(name);
  }

  static Optional<ForeignField> find(String name) {
    return Optional.ofNullable(FIELDS.get(name));
  }

  private static void noEffect(String why, String rows) {
    add(why, Optional.empty(), rows);
  }

  private static void unsupported(String why, String rows) {
    unsupportedWhen(values -> true, why, rows);
  }

  private static void unsupportedWhen(Predicate<Values> matters, String why, String rows) {
    add(why, Optional.of(matters), rows);
  }

  /** Adds a field for each line of the form "name JSON". */
  private static void add(String why, Optional<Predicate<Values>> matters, String rows) {
    rows.lines()
        .map(row -> row.split(" ", 2))
        .forEach(row -> FIELDS.put(row[0], new ForeignField(row[0], json(row[1]), why, matters)));
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
