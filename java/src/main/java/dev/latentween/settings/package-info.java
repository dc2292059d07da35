/**
 * Settings: a Deforum settings file and overrides from the command line, read into one immutable
 * {@link dev.latentween.settings.Settings}.
 *
 * <p>Names, defaults and meanings are those of deforum-stable-diffusion 0.7.1 in its Interpolation
 * mode. {@link dev.latentween.settings.Catalogue} has a row for each setting that counts here,
 * {@link dev.latentween.settings.DeforumOnly} one for each that does not.
 */
package dev.latentween.settings;
