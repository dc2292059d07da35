/** Pictures in and out: the init image, numbered PNG frames, and videos made of them. */
package dev.latentween.video;
