package dev.latentween.model;

import dev.latentween.settings.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The tensors a model should have, held against those it has.
 *
 * @param found by canonical name, in the inventory's order
 * @param missing canonical names
 * @param misfits one line each: a wrong shape, or a dtype that is not read
 * @param unexpected stored names inside a network's part that this network does not have
 * @param ignored stored names known to be of no use here: training state, buffers, other parts
 */
record Match(
    Map<String, StoredTensor> found,
    List<String> missing,
    List<String> misfits,
    List<String> unexpected,
    List<String> ignored) {

  private static final Pattern PART =
      Pattern.compile(
          "(text_encoder|unet|vae|model\\.diffusion_model|first_stage_model"
              + "|cond_stage_model\\.transformer)\\..*");

  private static final Pattern BYSTANDER =
      Pattern.compile(
          ".*(\\.position_ids|\\.logit_scale|\\.text_projection(\\.weight)?"
              + "|\\.(loss|model_ema|vision_model|visual_projection)\\..*)");

  static Match of(ModelFiles files, ModelConfig config, TensorInventory inventory) {
    Function<String, List<String>> names = files.layout().names(config);
    Match match =
        new Match(
            new LinkedHashMap<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    Set<String> used = new HashSet<>();
    inventory
        .shapes()
        .forEach(
            (canonical, shape) ->
                names.apply(canonical).stream()
                    .filter(files.stored()::containsKey)
                    .findFirst()
                    .ifPresentOrElse(
                        name -> {
                          used.add(name);
                          match.add(canonical, shape, files.stored().get(name));
                        },
                        () -> match.missing.add(canonical)));
    for (String name : files.stored().keySet()) {
      if (!used.contains(name)) {
        boolean bystander = BYSTANDER.matcher(name).matches() || !PART.matcher(name).matches();
        (bystander ? match.ignored : match.unexpected).add(name);
      }
    }
    return match;
  }

  private void add(String canonical, long[] shape, StoredTensor tensor) {
    found.put(canonical, tensor);
    if (!tensor.fits(shape)) {
      misfits.add(
          "tensor "
              + canonical
              + " should have shape "
              + Arrays.toString(shape)
              + ", it has "
              + Arrays.toString(tensor.shape()));
    } else if (Arrays.stream(DType.values()).noneMatch(d -> d.name().equals(tensor.dtype()))) {
      misfits.add(
          "tensor "
              + canonical
              + " has dtype "
              + tensor.dtype()
              + ", supported are "
              + Arrays.toString(DType.values()));
    } else if (tensor.bytes() > Integer.MAX_VALUE) {
      misfits.add("tensor " + canonical + " is too large: " + tensor.bytes() + " bytes");
    }
  }

  /** Throws one line about what keeps the model from being loaded, if anything does. */
  void check(ModelFiles files, TensorInventory inventory) {
    if (!missing.isEmpty()) {
      String first = missing.get(0);
      String others = missing.size() == 1 ? "" : " and " + (missing.size() - 1) + " others";
      throw new UserError(
          files.path()
              + ": tensor "
              + first
              + " "
              + Arrays.toString(inventory.shapes().get(first))
              + " is missing"
              + others);
    }
    if (!misfits.isEmpty()) {
      throw new UserError(files.path() + ": " + misfits.get(0));
    }
  }
}
