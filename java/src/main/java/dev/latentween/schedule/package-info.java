/**
 * The schedule: which prompts a frame lies between, and how far along. Plain data; nothing is
 * rendered here.
 */
package dev.latentween.schedule;
