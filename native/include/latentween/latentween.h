/*
 * Latentween: a native engine for Stable Diffusion 1.x interpolation videos.
 *
 * The whole C interface. Conventions:
 *  - Every function returns a status. Out-parameters are written only on LTW_OK; the message of a failure is
 *    read with ltw_last_error() on the same thread.
 *  - Strings are UTF-8. Host tensors are dense float32 in the order batch, channel, height, width (NCHW), as
 *    torch lays them out; heights and widths of latents are the picture's divided by the VAE's factor (8).
 *  - A handle may be used by one thread at a time, but for a job: one thread may submit while another
 *    collects, and any may cancel or read the stats. Destroying ends a handle's use; null is ignored. A job
 *    keeps what it needs of its model, and a model of its engine, whichever is destroyed first.
 */
#ifndef LATENTWEEN_H
#define LATENTWEEN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LTW_API __attribute__((visibility("default")))

#define LTW_ABI_VERSION 2
#define LTW_MAX_BLOCKS 8

typedef enum ltw_status {
  LTW_OK = 0,
  LTW_INVALID_ARGUMENT = 1, /* the caller's mistake: a value, a shape, a missing tensor */
  LTW_INVALID_STATE = 2,    /* the caller's mistake: the call does not fit what was done before */
  LTW_OUT_OF_MEMORY = 3,
  LTW_DEVICE_ERROR = 4, /* no such device, or the device failed */
  LTW_CANCELLED = 5,    /* ltw_job_cancel was called */
  LTW_NOT_FINITE = 6,   /* NaN or infinity in weights or in a picture; the message names where */
  LTW_INTERNAL_ERROR = 7
} ltw_status;

typedef enum ltw_dtype { LTW_F32 = 0, LTW_F16 = 1, LTW_BF16 = 2 } ltw_dtype;

typedef enum ltw_activation { LTW_QUICK_GELU = 0, LTW_GELU = 1 } ltw_activation;

typedef enum ltw_prediction { LTW_EPSILON = 0, LTW_V_PREDICTION = 1 } ltw_prediction;

/* Samplers by the names Deforum gives them. */
typedef enum ltw_sampler {
  LTW_KLMS = 0,
  LTW_DPM2 = 1,
  LTW_DPM2_ANCESTRAL = 2,
  LTW_HEUN = 3,
  LTW_EULER = 4,
  LTW_EULER_ANCESTRAL = 5,
  LTW_DPM_FAST = 6,
  LTW_DPM_ADAPTIVE = 7,
  LTW_DPMPP_2S_ANCESTRAL = 8,
  LTW_DPMPP_2M = 9,
  LTW_DDIM = 10,
  LTW_PLMS = 11
} ltw_sampler;

typedef enum ltw_sigma_schedule { LTW_COMPVIS = 0, LTW_KARRAS = 1 } ltw_sigma_schedule;

/* Which of torch's generators noise is drawn as: CUDA's Philox or the CPU's Mersenne Twister. */
typedef enum ltw_generator { LTW_TORCH_CUDA = 0, LTW_TORCH_CPU = 1 } ltw_generator;

typedef struct ltw_engine ltw_engine;
typedef struct ltw_model ltw_model;
typedef struct ltw_job ltw_job;

/* A named weight: `data` is read during ltw_model_create only and may point into a mapped file. */
typedef struct ltw_tensor {
  const char*
      name;      /* "text_encoder." | "unet." | "vae." + the name that transformers or diffusers gives it */
  int32_t dtype; /* ltw_dtype */
  int32_t rank;  /* 1..4 */
  int64_t shape[4];
  const void* data; /* little-endian, dense; at any address */
} ltw_tensor;

typedef struct ltw_model_config {
  /* text encoder (transformers' CLIPTextModel) */
  int32_t text_vocab_size, text_hidden_size, text_intermediate_size, text_layers, text_heads, text_positions;
  int32_t text_activation; /* ltw_activation */
  double text_norm_eps;
  /* UNet (diffusers' UNet2DConditionModel) */
  int32_t unet_in_channels, unet_out_channels, unet_blocks, unet_layers_per_block;
  int32_t unet_block_channels[LTW_MAX_BLOCKS], unet_heads[LTW_MAX_BLOCKS];
  int32_t unet_down_attention[LTW_MAX_BLOCKS], unet_up_attention[LTW_MAX_BLOCKS]; /* 0 or 1 */
  int32_t unet_context_size, unet_norm_groups, unet_linear_projection;
  int32_t unet_flip_sin_to_cos;
  double unet_norm_eps, unet_freq_shift;
  /* VAE (diffusers' AutoencoderKL) */
  int32_t vae_in_channels, vae_out_channels, vae_latent_channels, vae_blocks, vae_layers_per_block;
  int32_t vae_block_channels[LTW_MAX_BLOCKS], vae_norm_groups;
  double vae_scaling_factor;
  /* noise schedule: betas linear in their square roots ("scaled_linear") */
  double beta_start, beta_end;
  int32_t train_timesteps, prediction; /* ltw_prediction */
} ltw_model_config;

/* An input of the UNet that fp8 rounds to 8 bits: the layer that reads it, and its largest magnitude in
 * float16. */
typedef struct ltw_fp8_input {
  char name[128];
  float peak;
} ltw_fp8_input;

/* What a render has in common over its frames. Prompts and seeds belong to key frames. */
typedef struct ltw_render_config {
  int32_t width, height;  /* pixels; multiples of the VAE's factor times the UNet's (64 for SD 1.x) */
  int32_t sampler;        /* ltw_sampler */
  int32_t sigma_schedule; /* ltw_sigma_schedule */
  int32_t steps;          /* length of the schedule, >= 1 */
  int32_t run_steps;      /* the last so many steps are run, 0..steps; less than steps with an init image */
  double guidance_scale;  /* 1: no second evaluation */
  double ddim_eta;        /* >= 0, for LTW_DDIM */
  int32_t generator;      /* ltw_generator of the start noise and the steps' noise */
  int32_t clip_skip;      /* 1: last layer; 2: last but one, ... */
  int32_t bits;           /* 8: uint8 pixels; 16: uint16 pixels, 0..65025 as Deforum scales them */
  int32_t batch;          /* frames of one ltw_job_submit at most, >= 1; memory is planned for them */
  int32_t key_count;      /* key prompts, >= 1 */
  const int32_t* prompt_ids;   /* [key_count, text_positions] */
  const int32_t* negative_ids; /* [key_count, text_positions] */
  const uint64_t* seeds;   /* [key_count]; frames between two different seeds take the slerp of their noise */
  const uint8_t* init_rgb; /* [height, width, 3], or null for none */
} ltw_render_config;

/* A frame between two key prompts: conditioning = from + (to - from) * weight. */
typedef struct ltw_frame {
  int32_t from_key, to_key; /* 0..key_count-1 */
  double weight;            /* 0..1 */
} ltw_frame;

/* Sampling from given noise; what tests and benchmarks use. */
typedef struct ltw_sample_config {
  int32_t batch, height, width; /* of the latents */
  int32_t sampler, sigma_schedule, steps, run_steps;
  double guidance_scale, ddim_eta;
} ltw_sample_config;

typedef struct ltw_stats {
  int64_t held_bytes; /* weights, activations and tables held now */
  int64_t peak_bytes; /* the most the engine has held at once */
} ltw_stats;

/* Of a job's collected batches; the text's time is that of ltw_job_create. Seconds of the device, from the
 * start of the work to its end, so what runs at the same time counts in each; of the clock on a CPU. */
typedef struct ltw_render_stats {
  int64_t frames;
  int64_t wide_decodes;    /* frames decoded again in float32 because the narrower type overflowed */
  double text_seconds;     /* prompts to keys and values */
  double sampling_seconds; /* noise to latents: UNet and sampler */
  double decoding_seconds; /* latents to pixels: VAE */
  double copying_seconds;  /* pixels to host memory */
} ltw_render_stats;

/* A GPU, as CUDA numbers them: cuda:0, cuda:1, ... */
typedef struct ltw_device_info {
  char name[128];
  char pci_bus_id[32];
  int32_t capability, multiprocessors; /* capability: 90 for compute capability 9.0 */
  int64_t total_bytes, free_bytes;     /* of its memory; free_bytes is 0 when it is not usable */
  int32_t usable;                      /* 0 or 1 */
  char reason[256];                    /* why it is not usable and what to do; empty when it is */
} ltw_device_info;

LTW_API int32_t ltw_abi_version(void);
LTW_API const char* ltw_version(void);
/* Message of the last failure on this thread; empty when there was none. Valid until the next call. */
LTW_API const char* ltw_last_error(void);
/* Ends the process at once. exit() would run destructors under threads that are in mid-computation. */
LTW_API void ltw_end_process(int32_t exit_code);

/* How many GPUs there are, at least 1. LTW_DEVICE_ERROR when there is none: the message says why (no CUDA in
 * this build, no driver, a driver too old) and what to do. */
LTW_API ltw_status ltw_cuda_device_count(int32_t* count);
/* ordinal: 0..count-1. Also of a GPU that is too old to be used. */
LTW_API ltw_status ltw_cuda_device_info(int32_t ordinal, ltw_device_info* info);

/* device: "cpu", "cuda" or "cuda:N". threads: of the CPU backend; 0 for what OpenMP takes, one a core unless
 * OMP_NUM_THREADS is set. */
LTW_API ltw_status ltw_engine_create(const char* device, int32_t threads, ltw_engine** engine);
LTW_API void ltw_engine_destroy(ltw_engine* engine);
LTW_API ltw_status ltw_engine_stats(ltw_engine* engine, ltw_stats* stats);
/* What the device reaches in the plainest work: a large linear layer of the engine's own in the type that
 * networks use (2 per multiplication with addition), and a copy (read and written bytes). Takes a second or
 * so and 0.6 GB. */
LTW_API ltw_status ltw_measure_ceilings(ltw_engine* engine, double* flops_per_second,
                                        double* bytes_per_second);

/* Packs the weights once. LTW_INVALID_ARGUMENT names a missing or mis-shaped tensor, LTW_NOT_FINITE one with
 * NaN or infinity. */
LTW_API ltw_status ltw_model_create(ltw_engine* engine, const ltw_model_config* config,
                                    const ltw_tensor* tensors, int64_t tensor_count, ltw_model** model);
/* The same with random weights of the config's shapes, for measuring without a file: the seed decides them,
 * on every device. What such a model renders is finite and of no use. */
LTW_API ltw_status ltw_model_create_random(ltw_engine* engine, const ltw_model_config* config, uint64_t seed,
                                           ltw_model** model);
LTW_API void ltw_model_destroy(ltw_model* model);

/* fp8: most of the UNet's weights and of what they are multiplied by in 8 bits (e4m3) instead of 16, which is
 * faster and renders almost the same pictures. Needs compute capability 9.0: LTW_INVALID_ARGUMENT elsewhere.
 */

/* Measures the inputs' peaks, always in the same order, in a few evaluations of the float16 model; a model's
 * are the same each time. `room`: how many fit `inputs`; *count: how many there are, written in any case. */
LTW_API ltw_status ltw_fp8_calibrate(ltw_model* model, ltw_fp8_input* inputs, int32_t room, int32_t* count);
/* Turns the model to fp8, before its first job, for inputs of such peaks. */
LTW_API ltw_status ltw_fp8_use(ltw_model* model, const ltw_fp8_input* inputs, int32_t count);

/* Encodes the key prompts, draws what frames share and plans memory for the given settings. */
LTW_API ltw_status ltw_job_create(ltw_model* model, const ltw_render_config* config, ltw_job** job);
/* The largest batch of at most `limit` frames for which the memory free now suffices, from a rehearsal that
 * allocates nothing; 0 when not even one frame fits. `config`: a job's; its batch is not looked at. More
 * frames than one network evaluation takes gain nothing and are not proposed: on the CPU that is one. */
LTW_API ltw_status ltw_largest_batch(ltw_model* model, const ltw_render_config* config, int32_t limit,
                                     int32_t* batch);

/* Frames are rendered in batches, each submitted and then collected, in the same order. Two batches may be on
 * their way, so that one is sampled while the one before is decoded and copied: submit, submit, collect,
 * submit, collect, ... by one thread, or one thread that submits and another that collects. A frame's pixels
 * depend on the job's settings and the frame alone, never on what else is in the batch. */

/* Hands over a batch of 1 to config.batch frames and returns (on the CPU: when it is rendered). Waits first
 * while two batches are submitted and not collected: a thread that does both must collect before its third.
 */
LTW_API ltw_status ltw_job_submit(ltw_job* job, const ltw_frame* frames, int32_t count);
/* Waits for the oldest submitted batch and writes it to `pixels`: [count, height, width, 3], RGB, row after
 * row, dense; `pixel_bytes` is the room there, at least what the batch takes: in too little it stays to be
 * collected. LTW_INVALID_STATE when no submitted batch is left to collect; LTW_NOT_FINITE when a picture of
 * the batch has NaN or infinity, and the batch is gone. When the device fails or its memory does not suffice
 * in the middle of a batch, or LTW_DPM_ADAPTIVE meets a latent that is not finite, this and all later submits
 * and collects say so. */
LTW_API ltw_status ltw_job_collect(ltw_job* job, void* pixels, int64_t pixel_bytes);
/* From any thread: submit and collect return LTW_CANCELLED from now on, also those that wait; the device ends
 * the evaluations that it has begun. */
LTW_API void ltw_job_cancel(ltw_job* job);
LTW_API ltw_status ltw_job_stats(ltw_job* job, ltw_render_stats* stats);
LTW_API void ltw_job_destroy(ltw_job* job);

/* The parts, one by one. */

/* ids [count, text_positions] -> states [count, text_positions, text_hidden_size], after the final norm. */
LTW_API ltw_status ltw_text_encode(ltw_model* model, const int32_t* ids, int32_t count, int32_t clip_skip,
                                   float* states);
/* One evaluation: x [n, in, h, w], timesteps [n] in 0..999, context [n, tokens, context_size] -> out [n, out,
 * h, w] */
LTW_API ltw_status ltw_unet(ltw_model* model, int32_t n, int32_t h, int32_t w, int32_t tokens, const float* x,
                            const float* timesteps, const float* context, float* out);
/* image [n, 3, h, w] in -1..1 -> mean and logvar [n, latent, h/8, w/8] of the posterior, unscaled */
LTW_API ltw_status ltw_vae_encode(ltw_model* model, int32_t n, int32_t h, int32_t w, const float* image,
                                  float* mean, float* logvar);
/* z [n, latent, h, w], already divided by the scaling factor -> image [n, 3, 8h, 8w], about -1..1 */
LTW_API ltw_status ltw_vae_decode(ltw_model* model, int32_t n, int32_t h, int32_t w, const float* z,
                                  float* image);
/* Descending, steps + 1 values, the last one 0. */
LTW_API ltw_status ltw_sigmas(ltw_model* model, int32_t sigma_schedule, int32_t steps, double* sigmas);
/* torch.randn(counts[0]), torch.randn(counts[1]), ... after manual_seed(seed), on the CPU or a CUDA device;
 * one behind the other in `values`. */
LTW_API ltw_status ltw_randn(int32_t generator, uint64_t seed, const int64_t* counts, int32_t draws,
                             float* values);
/* latents: start noise in, result out, [batch, latent, height, width]. Noise is multiplied by the first sigma
 * (ddim, plms: taken as it is). context, uncond: [batch, text_positions, context_size]. step_noise: the
 * sampler's draws in order, each [batch, latent, height, width]. */
LTW_API ltw_status ltw_sample(ltw_model* model, const ltw_sample_config* config, const float* context,
                              const float* uncond, const float* step_noise, int32_t step_noise_count,
                              float* latents);

#ifdef __cplusplus
}
#endif

#endif
