/**
 * Model files: safetensors headers, the diffusers and LDM layouts, configs, tensor names and the
 * tokenizer. Reads headers and JSON only; tensor data stays in the mapped files.
 */
package dev.latentween.model;
