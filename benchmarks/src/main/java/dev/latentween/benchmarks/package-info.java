/** Benchmarks of the engine, each beside its equivalent in LibTorch and in the same process. */
package dev.latentween.benchmarks;
