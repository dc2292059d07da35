package dev.latentween.schedule;

/**
 * One frame of the video: {@code from + (to - from) * weight} of two key prompts' conditionings.
 *
 * @param index number in the video and in the file's name, from 0
 * @param fromKey index of the prompt it comes from
 * @param toKey index of the prompt it goes to; the same one for a key frame, which is that prompt's
 *     alone
 * @param weight from 0 to below 1; 0 for a key frame
 */
public record Frame(int index, int fromKey, int toKey, double weight) {}
