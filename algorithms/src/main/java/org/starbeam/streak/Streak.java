package org.starbeam.streak;

import org.starbeam.image.SpanSet;

/**
 * One trail on one frame, in pixels and the units of the frame.
 *
 * @param source which search found it
 * @param rho distance of the line from pixel (0, 0): x cos(theta) + y sin(theta) = rho
 * @param thetaDeg direction of its normal, 0 to 180 degrees from the x axis
 * @param curvature kappa of d = kappa s^2, with s along the line from the middle of the detector's
 *     chord and d across it to the left of the direction first to last end; 1/pixel
 * @param x0 first end of the masked part
 * @param x1 last end
 * @param openStart whether the trail goes on beyond the frame at its first end
 * @param openEnd the same at its last end
 * @param width full width at half maximum across
 * @param fluxPerLength flux over a pixel of length, mean of the parts that shine
 * @param snr signal over noise of the whole trail
 * @param chi2 reduced chi^2 in the band where it shines
 * @param pixels what is masked
 */
public record Streak(
    Source source,
    double rho,
    double thetaDeg,
    double curvature,
    double x0,
    double y0,
    double x1,
    double y1,
    boolean openStart,
    boolean openEnd,
    double width,
    double fluxPerLength,
    double snr,
    double chi2,
    SpanSet pixels) {
  /** Which search found a trail. */
  public enum Source {
    /** Kernel Hough transform of edges. */
    KHT,
    /** Fast Radon transform. */
    FRT
  }

  /** From end to end in pixels. */
  public double length() {
    return Math.hypot(x1 - x0, y1 - y0);
  }

  /** Mean flux per pixel^2 within the full width at half maximum. */
  public double surfaceBrightness() {
    return fluxPerLength / width;
  }
}
