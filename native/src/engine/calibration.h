// What e4m3 inputs need to know of float16 ones: how large they become.
#pragma once

#include <vector>

#include "engine/model.h"

namespace ltw {

// The largest magnitude of every input of model.unet.quantisable(), in that order, over a render of eight
// steps: a fixed latent of 64x64 and fixed tokens, so a model's peaks do not follow from who asks first. The
// model's weights must be float16. Takes a second or so.
std::vector<float> measure_peaks(Model& model);

// Turns these products' weights into e4m3, for inputs of the given peaks. Nothing may have been planned over
// the model that is used later.
void use_e4m3(Model& model, const std::vector<float>& peaks);

}  // namespace ltw
