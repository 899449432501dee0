package org.starbeam.characterization;

import org.jspecify.annotations.Nullable;
import org.starbeam.background.BackgroundList;
import org.starbeam.image.ImageF;
import org.starbeam.image.InterpolationRecord;
import org.starbeam.image.MaskedImage;
import org.starbeam.streak.Streaks;

/**
 * A frame on its way through characterization: the counts with the sky in them, the same less the
 * background, and what was done. Both images share mask and variance. Belongs to one thread.
 */
public final class FrameState {
  private final MaskedImage counts;
  private final boolean detrended;
  private MaskedImage image;
  private BackgroundList background = BackgroundList.empty();
  private double skySigma = Double.NaN;
  private int cosmicRayPixels;
  private boolean cosmicRaysVoid;
  private Streaks streaks = Streaks.NONE;
  private @Nullable InterpolationRecord interpolation;

  /**
   * @param counts image with the sky, mask, variance; taken over and changed
   * @param detrended the frame was made by someone else: its cosmic rays have been dealt with
   */
  public FrameState(MaskedImage counts, boolean detrended) {
    this.counts = counts;
    this.detrended = detrended;
    this.image = counts;
  }

  /** The frame with its sky. */
  public MaskedImage counts() {
    return counts;
  }

  /** The frame less its background. */
  public MaskedImage image() {
    return image;
  }

  public boolean isDetrended() {
    return detrended;
  }

  public BackgroundList background() {
    return background;
  }

  /** Noise of a sky pixel from the variance plane. */
  public double skySigma() {
    return skySigma;
  }

  public int cosmicRayPixels() {
    return cosmicRayPixels;
  }

  /** True when so many pixels looked like cosmic rays that none was masked. */
  public boolean cosmicRaysVoid() {
    return cosmicRaysVoid;
  }

  /** Trails of satellites and aircraft; none before they were looked for. */
  public Streaks streaks() {
    return streaks;
  }

  /** What interpolation replaced; null before it ran. */
  public @Nullable InterpolationRecord interpolation() {
    return interpolation;
  }

  void setBackground(BackgroundList list, double sigma) {
    background = list;
    skySigma = sigma;
    subtract();
  }

  void setCosmicRays(int pixels, boolean isVoid) {
    cosmicRayPixels = pixels;
    cosmicRaysVoid = isVoid;
  }

  void setStreaks(Streaks found) {
    streaks = found;
  }

  void setInterpolation(InterpolationRecord record) {
    interpolation = record;
    subtract();
  }

  private void subtract() {
    ImageF pixels = counts.image().copy();
    background.subtractFrom(pixels);
    image = new MaskedImage(pixels, counts.mask(), counts.variance());
  }
}
