package dev.latentween.bench;

import dev.latentween.schedule.FramePlan;
import dev.latentween.settings.Settings;

/** What frames cost. */
final class Prices {
  private Prices() {}

  /** Of a machine that is rented by the hour. */
  static Report.Price of(double framesPerSecond, double dollarsPerHour) {
    double framesPerHour = 3600 * framesPerSecond;
    return new Report.Price(
        dollarsPerHour, framesPerHour / dollarsPerHour, 1000 * dollarsPerHour / framesPerHour);
  }

  /**
   * What a job's frames would take on the measured machine. The UNet's time goes with samples and
   * operations, the decoder's with pixels, and what a measured frame took beside or saved by doing
   * both at once goes with the frame.
   *
   * @param name of the settings
   * @param job the settings
   * @param jobCost of one sample at the job's size
   * @param framesPerSecond measured
   * @param device a measured one
   * @param dollarsPerHour null if not known
   */
  static Report.Job job(
      String name,
      Settings job,
      UNetCost jobCost,
      Report.Work work,
      Report.Device device,
      double framesPerSecond,
      Double dollarsPerHour) {
    double sample = 1 / device.bestPoint().imageStepsPerSecond();
    double decode = device.vaeDecode().millisecondsPerFrame() / 1000;
    double measured = work.evaluationsPerFrame() * sample + decode;
    int evaluations = Subject.evaluations(job);
    double operations = jobCost.flops() / (1e12 * work.unetTeraflops());
    double pixels = (double) job.width() * job.height() / ((double) work.width() * work.height());
    double predicted = evaluations * sample * operations + decode * pixels;
    int frames = FramePlan.of(job).frameCount();
    double hours = frames * predicted / (measured * framesPerSecond) / 3600;
    return new Report.Job(
        name,
        frames,
        job.width(),
        job.height(),
        evaluations,
        hours,
        dollarsPerHour == null ? null : hours * dollarsPerHour);
  }
}
