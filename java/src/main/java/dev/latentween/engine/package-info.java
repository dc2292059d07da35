/**
 * The native engine from Java: a device, a model on it, a render job. One native call renders a
 * batch of frames. Handles are closed by their owner; one that is forgotten is freed and reported
 * when the collector finds it.
 */
package dev.latentween.engine;
