// The C structs checked and turned into the core's own types.
#pragma once

#include "engine/parts.h"
#include "engine/render_job.h"
#include "latentween/latentween.h"

namespace ltw {

ModelConfig model_config(const ltw_model_config& config);
// The tensors' data stays where it is.
CheckpointSource checkpoint_source(const ltw_tensor* tensors, int64_t count);
RenderConfig render_config(const ltw_render_config& config);
SampleConfig sample_config(const ltw_sample_config& config);
SigmaSchedule sigma_schedule_of(int32_t value);
Generator generator_of(int32_t value);

void check_ids(const int32_t* ids, int64_t count, const TextConfig& config);
// The UNet halves a latent's sides once a level.
void check_latent_size(int64_t h, int64_t w, const UNetConfig& config);

}  // namespace ltw
