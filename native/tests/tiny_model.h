// A model of every kind of layer that is made and run in no time, of random weights, behind the C interface.
#pragma once

#include "latentween/latentween.h"
#include "op_fixture.h"

namespace ltw::test {

inline ltw_model_config tiny_config() {
  ltw_model_config c{};
  c.text_vocab_size = 100, c.text_hidden_size = 32, c.text_intermediate_size = 64, c.text_layers = 2;
  c.text_heads = 4, c.text_positions = 7, c.text_activation = LTW_QUICK_GELU, c.text_norm_eps = 1e-5;
  c.unet_in_channels = c.unet_out_channels = 4, c.unet_blocks = 2, c.unet_layers_per_block = 2;
  c.unet_context_size = 32, c.unet_norm_groups = 8, c.unet_flip_sin_to_cos = 1, c.unet_norm_eps = 1e-5;
  c.vae_in_channels = c.vae_out_channels = 3, c.vae_latent_channels = 4, c.vae_blocks = 2;
  c.vae_layers_per_block = 1, c.vae_norm_groups = 8, c.vae_scaling_factor = 0.18215;
  for (int i = 0; i < 2; ++i) {
    c.unet_block_channels[i] = c.vae_block_channels[i] = 32 << i;
    c.unet_heads[i] = 4;
  }
  c.unet_down_attention[0] = c.unet_up_attention[1] = 1;
  c.beta_start = 0.00085, c.beta_end = 0.012, c.train_timesteps = 1000;
  return c;
}

inline void check(ltw_status status) { expect(status == LTW_OK, ltw_last_error()); }

inline void expect_status(ltw_status got, ltw_status expected, const std::string& what) {
  expect(got == expected, what, ": status ", got, " where ", expected, " is expected, ", ltw_last_error());
}

inline const char* device_of(const OpFixture& t) {
  return t.backend().device() == DeviceKind::kCpu ? "cpu" : "cuda:0";
}

class TinyModel {
 public:
  explicit TinyModel(const char* device, const ltw_model_config& config = tiny_config(), uint64_t seed = 1) {
    check(ltw_engine_create(device, 0, &engine_));
    check(ltw_model_create_random(engine_, &config, seed, &model_));
  }
  ~TinyModel() {
    ltw_model_destroy(model_);
    ltw_engine_destroy(engine_);
  }
  TinyModel(const TinyModel&) = delete;
  TinyModel& operator=(const TinyModel&) = delete;

  ltw_engine* engine() const { return engine_; }
  ltw_model* get() const { return model_; }

 private:
  ltw_engine* engine_ = nullptr;
  ltw_model* model_ = nullptr;
};

}  // namespace ltw::test
