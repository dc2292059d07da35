package dev.latentween.model;

/** The sizes and choices of a Stable Diffusion 1.x model's parts. */
public record ModelConfig(
    TextConfig text, UNetConfig unet, VaeConfig vae, SchedulerConfig scheduler) {}
