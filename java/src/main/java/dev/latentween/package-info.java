/**
 * Stable Diffusion interpolation videos: settings, schedule, model formats, engine, video, command
 * line.
 */
package dev.latentween;
