package org.starbeam.pipelines.audit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which flags say that a value is missing: {@code X_flag} for {@code X}, the flag of the algorithm
 * for its several numbers ({@code gaap1p0Flux} has {@code gaapFlux_flag}), of a model that failed
 * for one of several reasons all of them. Names are without the band.
 */
final class FlagRules {
  private static final Pattern MOTIONS = Pattern.compile("(raPM|decPM|parallax).*");

  /** Flags by the form of a value's name; $1 is the model or prefix. */
  private static final Map<Pattern, List<String>> FAMILIES = families();

  private FlagRules() {}

  private static Map<Pattern, List<String>> families() {
    Map<Pattern, List<String>> out = new LinkedHashMap<>();
    List<String> model = List.of("$1_no_data_flag", "$1_unknown_flag", "$1_psf_failed_flag");
    put(out, "(sersic|exponential|dev|bulgeDisk)(Flux|_.*)", model.toArray(String[]::new));
    put(out, "(free_)?cModel(Flux|_.*)", "$1cModel_flag");
    put(out, "ap\\d+Flux", "apFlux_flag");
    put(out, "gaap.*Flux", "gaapFlux_flag");
    put(out, "(.*)_instFlux", "$1_flag");
    put(out, "sky", "localBackground_flag");
    put(out, "(trail|dipole).*", "$1_flag");
    put(out, "(science|template)Flux", "forced_PsfFlux_flag");
    put(out, "kronRad", "kronFlux_flag");
    put(out, "moments_psf_(debiased_)?.*", "moments_psf_flag");
    put(out, "moments_..", "moments_flag");
    put(out, "(hsm_moments|hsm_momentsPsf|hsmShapeRegauss)_.*", "$1_flag");
    put(out, "i..DebiasedPSF", "iDebiasedPSF_flag");
    put(out, "i..PSF", "hsmPsfMoments_flag", "moments_psf_flag");
    put(out, "i[xy][xy]", "shape_flag", "moments_flag");
    put(out, "shape_..", "shape_flag");
    put(out, "blendedness_.*", "blendedness_flag");
    put(out, "(variance|jacobian)_.*", "$1_flag");
    put(out, "coord_(ra|dec).*", "coord_flag");
    put(out, "(ra|dec|x|y)", "centroid_flag");
    put(out, MOTIONS.pattern(), "motion_flag");
    return out;
  }

  private static void put(Map<Pattern, List<String>> out, String name, String... flags) {
    out.put(Pattern.compile(name), List.of(flags));
  }

  /** Whether a survey may be too short for a column to have any value, which its flag says then. */
  static boolean mayBeEmpty(String name) {
    return MOTIONS.matcher(name).matches();
  }

  /**
   * The flags of a value among those that a table has, most particular first; all that are returned
   * together say that the value may be missing. Empty when there are none.
   *
   * @param name name without the band
   * @param columns names of the table's columns of the same band
   */
  static List<String> of(String name, Collection<String> columns) {
    Set<String> known = Set.copyOf(columns);
    String value = name.endsWith("Err") ? name.substring(0, name.length() - 3) : name;
    if (known.contains(value + "_flag")) {
      return List.of(value + "_flag");
    }
    List<String> out = new ArrayList<>();
    FAMILIES.forEach(
        (form, flags) -> {
          Matcher match = form.matcher(value);
          if (out.isEmpty() && match.matches()) {
            for (String flag : flags) {
              String own = match.groupCount() > 0 && match.group(1) != null ? match.group(1) : "";
              String filled = flag.replace("$1", own);
              if (known.contains(filled)) {
                out.add(filled);
              }
            }
          }
        });
    return out;
  }
}
