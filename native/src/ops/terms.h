// Epilogue::terms for those who compute products.
#pragma once

#include "backend/context.h"
#include "ops/epilogue.h"

namespace ltw {

// Refuses terms that do not fit the output.
void check_terms(const Tensor& dst, const Epilogue& epilogue);

// Whether the backend adds the terms within the product of src; a matter of the layer, never of the batch.
bool sums_terms(const Tensor& dst, const Tensor& src, const Epilogue& epilogue, const Context& ctx);

// What sums_terms() means, without it: dst = residual + each term, one product after the other; returns the
// epilogue that is left, with dst as its residual.
Epilogue add_terms(const Tensor& dst, const Epilogue& epilogue, Context& ctx);

namespace cuda {
decltype(ltw::sums_terms) sums_terms;
}

}  // namespace ltw
