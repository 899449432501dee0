package org.starbeam.simulation;

import java.util.List;

/**
 * All parameters of a simulated campaign. Angles are degrees unless a name says otherwise, times
 * seconds, densities per square arcminute. Presets are in {@link Presets}; a variation is made with
 * the {@code with} methods of this record.
 *
 * @param name name of the preset
 * @param frames raw counts or calibrated nJy images
 * @param detectors 1 to 9 detectors in a square mosaic
 * @param bands the bands in order, one letter each of ugrizy
 * @param nights the nights, each with its date and number of visits per band
 * @param expTime open shutter
 * @param calibs exposures of the calibration sequences
 * @param field the patch of sky and what stands in it
 * @param sensor strengths of the detector's effects
 * @param observing pointing, seeing, clouds, trails
 */
public record Preset(
    String name,
    Frames frames,
    int detectors,
    String bands,
    List<Night> nights,
    double expTime,
    CalibSequence calibs,
    Field field,
    Sensor sensor,
    Observing observing) {

  /** What is written. */
  public enum Frames {
    RAW,
    CALIBRATED
  }

  /**
   * One night.
   *
   * @param dayObs date of TAI minus 12 h, as yyyymmdd
   * @param visitsPerBand visits in each band
   */
  public record Night(int dayObs, int visitsPerBand) {}

  /**
   * Calibration exposures of the first night and of each later night.
   *
   * @param bias bias frames of the master
   * @param dark dark frames of 60 s
   * @param flatPerBand flats per band
   * @param flatLevel electrons in a flat
   * @param ptcLevels pairs of flats in r of rising light, 600 to 95000 electrons
   * @param nightly whether later nights have 2 bias, 1 dark, 1 flat per band
   * @param badBias whether the last but one master bias has a light leak
   */
  public record CalibSequence(
      int bias,
      int dark,
      int flatPerBand,
      double flatLevel,
      int ptcLevels,
      boolean nightly,
      boolean badBias) {}

  /**
   * The sky.
   *
   * @param ra centre of the field
   * @param dec centre of the field
   * @param starDensity stars of 12.5 &lt; r &lt; 25.5
   * @param galaxyDensity galaxies of 17 &lt; i &lt; 24.5
   * @param blendFraction share of the galaxies that get a companion within 2 arcsec
   * @param variableFraction share of the stars with r &lt; 22 that vary
   * @param highMotionStars stars that move by 0.15 to 1.2 arcsec a year
   * @param supernovae number of supernovae in galaxies
   * @param gridArcsec side of the cells when objects stand on a grid; 0 for random places
   */
  public record Field(
      double ra,
      double dec,
      double starDensity,
      double galaxyDensity,
      double blendFraction,
      double variableFraction,
      int highMotionStars,
      int supernovae,
      double gridArcsec) {}

  /**
   * The detectors; every switch that is off leaves the ideal.
   *
   * @param noise shot and read noise
   * @param bias level, pattern, drift and offsets of the electronics
   * @param gainErrors true gains differ by 1 % from the nominal one
   * @param nonLinearity up to 1 % at full scale
   * @param crosstalk 1e-5 to 3e-4 between amplifiers
   * @param darkCurrent 0.02 electrons/s
   * @param response pixel response, dust and vignetting
   * @param defects dead and hot pixels and columns
   * @param saturation full wells and bleeding
   * @param cosmicRaysPerSecond tracks on one detector
   */
  public record Sensor(
      boolean noise,
      boolean bias,
      boolean gainErrors,
      boolean nonLinearity,
      boolean crosstalk,
      boolean darkCurrent,
      boolean response,
      boolean defects,
      boolean saturation,
      double cosmicRaysPerSecond) {
    static Sensor real() {
      return new Sensor(true, true, true, true, true, true, true, true, true, 0.25);
    }

    /** A detector that returns the expected electrons, rounded. */
    static Sensor ideal() {
      return new Sensor(false, false, false, false, false, false, false, false, false, 0);
    }
  }

  /**
   * How the telescope is used.
   *
   * @param ditherArcsec radius of the disc of pointings
   * @param pointingErrorArcsec largest error of the commanded pointing
   * @param rotationErrorDeg scatter of the commanded rotation
   * @param seeingLow best seeing in arcsec
   * @param seeingHigh worst seeing in arcsec
   * @param cloudyFraction share of visits under cloud
   * @param trails number of visits, spread over the campaign, with a satellite trail
   * @param sky whether the sky shines
   * @param turbulence whether the PSF varies over the field and the atmosphere displaces images
   */
  public record Observing(
      double ditherArcsec,
      double pointingErrorArcsec,
      double rotationErrorDeg,
      double seeingLow,
      double seeingHigh,
      double cloudyFraction,
      int trails,
      boolean sky,
      boolean turbulence) {}

  /** Number of visits of the campaign. */
  public int visits() {
    return bands.length() * nights.stream().mapToInt(Night::visitsPerBand).sum();
  }

  public Preset withSensor(Sensor other) {
    return new Preset(
        name, frames, detectors, bands, nights, expTime, calibs, field, other, observing);
  }

  public Preset withCalibs(CalibSequence other) {
    return new Preset(
        name, frames, detectors, bands, nights, expTime, other, field, sensor, observing);
  }

  public Preset withNights(List<Night> other) {
    return new Preset(
        name, frames, detectors, bands, other, expTime, calibs, field, sensor, observing);
  }

  /** With other bands: each a letter of ugrizy, none twice. */
  public Preset withBands(String other) {
    return new Preset(
        name, frames, detectors, other, nights, expTime, calibs, field, sensor, observing);
  }

  /** With so many visits in each band of each night. */
  public Preset withVisitsPerBand(int visits) {
    return withNights(nights.stream().map(n -> new Night(n.dayObs(), visits)).toList());
  }

  public Preset withDetectors(int other) {
    return new Preset(
        name, frames, other, bands, nights, expTime, calibs, field, sensor, observing);
  }
}
