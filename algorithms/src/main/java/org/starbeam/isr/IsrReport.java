package org.starbeam.isr;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What ISR did to one exposure of a detector.
 *
 * @param steps every step of the order in its place with APPLIED or SKIPPED
 * @param amplifiers what was measured and used, per amplifier
 * @param gainSource where gain and read noise of the amplifiers come from, CAMERA or PTC
 * @param fringes amplitude of each fringe pattern, electrons; patterns are relative to the sky, so
 *     that it is about the level of the sky
 * @param brighterFatter how the brighter-fatter correction ended
 * @param warnings sentences for the operator
 * @param fallbacks weaker rules that were used, as sentences; each makes the result degraded
 */
public record IsrReport(
    Map<String, Status> steps,
    List<AmplifierReport> amplifiers,
    String gainSource,
    List<FringeCorrector.Amplitude> fringes,
    BrighterFatterCorrector.Report brighterFatter,
    List<String> warnings,
    List<String> fallbacks) {
  static final String CAMERA = "camera";
  static final String PTC = "ptc";

  /** What became of a step. */
  public enum Status {
    APPLIED,
    SKIPPED,
    FAILED
  }

  /**
   * One amplifier.
   *
   * @param name of the amplifier
   * @param overscanMean clipped mean of the serial overscan, ADU
   * @param overscanNoise standard deviation of the overscan about the fit, ADU
   * @param overscanShrink k of ROW_SHRINK
   * @param badOverscanRows rows without overscan pixels
   * @param parallelLevel parallel overscan that was taken out, electrons
   * @param gain electrons per ADU used
   * @param readNoise electrons used
   * @param saturation electrons
   * @param crosstalkMax largest crosstalk taken out, electrons
   * @param saturated number of SAT pixels
   * @param suspect number of SUSPECT pixels
   * @param bad number of BAD pixels
   * @param median of the final image without BAD, SAT and NO_DATA pixels, electrons
   */
  public record AmplifierReport(
      String name,
      double overscanMean,
      double overscanNoise,
      double overscanShrink,
      int badOverscanRows,
      double parallelLevel,
      double gain,
      double readNoise,
      double saturation,
      double crosstalkMax,
      int saturated,
      int suspect,
      int bad,
      double median) {}

  public IsrReport {
    steps = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(steps));
    amplifiers = List.copyOf(amplifiers);
    fringes = List.copyOf(fringes);
    warnings = List.copyOf(warnings);
    fallbacks = List.copyOf(fallbacks);
  }

  /** Cards for the header of a product (specs/01 section 3.3). */
  public Map<String, Object> cards() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("ISRUNITS", "electron");
    out.put("ISRPROF", "PRODUCTION");
    steps.forEach((step, status) -> out.put("ISR " + step, status.name()));
    out.put("GAINSRC", gainSource);
    for (AmplifierReport a : amplifiers) {
      out.put("GAIN " + a.name(), a.gain());
      out.put("RDNOISE " + a.name(), a.readNoise());
      out.put("SATURATE " + a.name(), a.saturation());
      out.put("OSCANMEAN " + a.name(), a.overscanMean());
      out.put("OSCANNOISE " + a.name(), a.overscanNoise());
    }
    if (brighterFatter.iterations() > 0) {
      out.put("BFITER", brighterFatter.iterations());
      out.put("BFCHANGE", brighterFatter.change());
    }
    for (int k = 0; k < fringes.size(); k++) {
      out.put("FRINGE" + k, fringes.get(k).amplitude());
      out.put("FRINGERR" + k, fringes.get(k).error());
    }
    List<String> sentences = new ArrayList<>(warnings);
    sentences.addAll(fallbacks);
    for (int k = 0; k < sentences.size(); k++) {
      out.put("ISRWRN" + k, sentences.get(k));
    }
    return out;
  }
}
