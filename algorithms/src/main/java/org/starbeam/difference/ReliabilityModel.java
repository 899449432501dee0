package org.starbeam.difference;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The score of a detection on a difference, between 0 and 1 (specs/03 section 7.9): how probable it
 * is that something at this place has changed in the visit, rather than that subtraction, detector
 * or template have made the detection.
 *
 * <pre>  p = 1 / (1 + exp(-t)),  t = w_0 + sum_i w_i (f_i - mean_i) / scale_i  </pre>
 *
 * The terms of the sum say what spoke for a source and what against it. {@link #standard()} was
 * fitted by {@link ReliabilityFitter} to differences of the project's own simulator.
 */
public final class ReliabilityModel {
  /** The features, in the order of the model's table. */
  public enum Feature {
    /** ln of the signal-to-noise ratio, at most ln 100. */
    SNR,
    /** ln of the chi-square per pixel of the point source, between -1 and 5. */
    CHI2,
    /** |flux in the aperture over PSF flux - 1|, at most 2. */
    APERTURE,
    /** -ln of the size (sum of second moments) over that of the PSF where it is smaller. */
    NARROW,
    /** ln of the size over that of the PSF where it is larger. */
    WIDE,
    /** Ellipticity of the adaptive moments, 0 to 1. */
    ELONGATED,
    /** 1 when there are no adaptive moments. */
    SHAPELESS,
    /** Share of the pixels within one FWHM that have the other sign. */
    OPPOSITE,
    /** 1 for a dipole. */
    DIPOLE,
    /** ln(1 + distance of the nearest saturated pixel in radii of its star), at most ln 30. */
    SATURATION,
    /** ln(1 + flux of the template over the difference's), at most ln 100. */
    TEMPLATE,
    /** Share of sum(PSF^2) on pixels that the mask doubts. */
    MASKED,
    /** ln of the number of peaks above 3 sigma within 50 pixels over that of white noise. */
    CROWDED,
    /** Share of the light that a fainter place should still have and the visit has not, 0 to 1. */
    VANISHED,
    /** Share of sum(PSF^2) on pixels whose template has not all inputs of its cell. */
    INEXACT
  }

  /**
   * What a feature adds.
   *
   * @param mean of the sources of the fit
   * @param scale their standard deviation
   * @param weight of the feature in these units
   */
  public record Term(double mean, double scale, double weight) {
    double of(double value) {
      return Double.isFinite(value) ? weight * (value - mean) / scale : 0;
    }
  }

  private static final String RESOURCE = "reliability.csv";
  private static final String HEAD = "feature,mean,scale,weight";
  private static final String INTERCEPT = "intercept";

  private final String version;
  private final double intercept;
  private final Map<Feature, Term> terms;

  /**
   * @param version that rows are marked with
   * @param intercept w_0
   * @param terms one for each feature
   */
  public ReliabilityModel(String version, double intercept, Map<Feature, Term> terms) {
    if (terms.size() != Feature.values().length) {
      throw new IllegalArgumentException("a term for each of " + List.of(Feature.values()));
    }
    this.version = version;
    this.intercept = intercept;
    this.terms = new EnumMap<>(terms);
  }

  /** The model of this release, from the resource {@code reliability.csv}. */
  public static ReliabilityModel standard() {
    try (InputStream in = ReliabilityModel.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + RESOURCE);
      }
      return parse(
          new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ReliabilityModel parse(List<String> lines) {
    String version = lines.get(0).replaceFirst("^# *", "");
    double intercept = Double.NaN;
    Map<Feature, Term> terms = new EnumMap<>(Feature.class);
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      if (line.equals(HEAD) || line.startsWith("#")) {
        continue;
      }
      double mean = Double.parseDouble(cells[1]);
      double scale = Double.parseDouble(cells[2]);
      double weight = Double.parseDouble(cells[3]);
      if (cells[0].equals(INTERCEPT)) {
        intercept = weight;
      } else {
        terms.put(
            Feature.valueOf(cells[0].toUpperCase(Locale.ROOT)), new Term(mean, scale, weight));
      }
    }
    return new ReliabilityModel(version, intercept, terms);
  }

  /** The lines of the resource: version, head, intercept, one line for each feature. */
  public List<String> lines() {
    List<String> out = new java.util.ArrayList<>();
    out.add("# " + version);
    out.add(HEAD);
    out.add(String.format(Locale.ROOT, "%s,0,1,%.4f", INTERCEPT, intercept));
    terms.forEach(
        (feature, t) ->
            out.add(
                String.format(
                    Locale.ROOT,
                    "%s,%.4f,%.4f,%.4f",
                    feature.name().toLowerCase(Locale.ROOT),
                    t.mean(),
                    t.scale(),
                    t.weight())));
    return out;
  }

  public String version() {
    return version;
  }

  /**
   * What each feature adds to the logarithm of the odds; a value that is no number adds nothing.
   */
  public Map<Feature, Double> parts(Map<Feature, Double> features) {
    Map<Feature, Double> out = new EnumMap<>(Feature.class);
    terms.forEach(
        (feature, term) -> out.put(feature, term.of(features.getOrDefault(feature, Double.NaN))));
    return out;
  }

  /** The score, 0 to 1. */
  public double score(Map<Feature, Double> features) {
    double t = intercept;
    for (double part : parts(features).values()) {
      t += part;
    }
    return 1 / (1 + Math.exp(-t));
  }
}
