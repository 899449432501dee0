package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.IsolatedStarSource;
import org.starbeam.schema.SourceRow;

/** The isolated stars among the sources of a visit (specs/06 section 14). */
final class IsolatedStarSources {
  /** Fainter stars say more of the sky than of the calibration. */
  private static final double MIN_SNR = 20;

  private IsolatedStarSources() {}

  /** Rows of the unflagged ones above S/N 20, in the order of the sources. */
  static List<IsolatedStarSource> of(List<ExposureSummary> summaries, List<SourceRow> sources) {
    Map<Integer, Double> times = new HashMap<>();
    summaries.forEach(s -> times.put(s.getDetector(), s.getExpMidptMjd()));
    List<IsolatedStarSource> out = new ArrayList<>();
    for (SourceRow source : sources) {
      Double mjd = times.get(source.getDetector());
      if (mjd != null && isGood(source)) {
        out.add(row(source, mjd));
      }
    }
    return out;
  }

  private static boolean isGood(SourceRow s) {
    return s.getIsolatedStarId() != null
        && s.getIsolatedStarId() != 0
        && s.getRa() != null
        && s.getDec() != null
        && s.getPsfFlux() != null
        && s.getPsfFluxErr() != null
        && s.getPsfFlux() > MIN_SNR * s.getPsfFluxErr()
        && !isTrue(s.getPsfFluxFlag())
        && !isTrue(s.getCentroidFlag())
        && !isTrue(s.getPixelFlagsEdge())
        && !isTrue(s.getPixelFlagsBad())
        && !isTrue(s.getPixelFlagsSaturatedCenter())
        && !isTrue(s.getPixelFlagsInterpolatedCenter())
        && !isTrue(s.getPixelFlagsCrCenter());
  }

  private static boolean isTrue(@Nullable Boolean flag) {
    return Boolean.TRUE.equals(flag);
  }

  private static IsolatedStarSource row(SourceRow s, double mjd) {
    Moments moments = Moments.of(s);
    return IsolatedStarSource.newBuilder()
        .setIsolatedStarId(s.getIsolatedStarId())
        .setSourceId(s.getSourceId())
        .setVisit(s.getVisit())
        .setDetector(s.getDetector())
        .setBand(s.getBand())
        .setMidpointMjdTai(mjd)
        .setRa(s.getRa())
        .setDec(s.getDec())
        .setRaErr(number(s.getRaErr()))
        .setDecErr(number(s.getDecErr()))
        .setPsfFlux(s.getPsfFlux())
        .setPsfFluxErr(s.getPsfFluxErr())
        .setCalibFlux(isTrue(s.getCalibFluxFlag()) ? null : number(s.getCalibFlux()))
        .setCalibFluxErr(isTrue(s.getCalibFluxFlag()) ? null : number(s.getCalibFluxErr()))
        .setE1Residual(moments == null ? null : moments.star.e1 - moments.psf.e1)
        .setE2Residual(moments == null ? null : moments.star.e2 - moments.psf.e2)
        .setE1(moments == null ? null : moments.star.e1)
        .setE2(moments == null ? null : moments.star.e2)
        .setSize(moments == null ? null : moments.star.size)
        .setSizeResidual(moments == null ? null : moments.star.size - moments.psf.size)
        .setPsfReserved(isTrue(s.getCalibPsfReserved()))
        .setPhotometryReserved(isTrue(s.getCalibPhotometryReserved()))
        .build();
  }

  private static @Nullable Double number(@Nullable Number value) {
    return value == null ? null : Double.valueOf(value.doubleValue());
  }

  /** Distortion and size of second moments. */
  private record Shape(double e1, double e2, double size) {
    static Shape of(double xx, double yy, double xy) {
      double trace = xx + yy;
      return new Shape((xx - yy) / trace, 2 * xy / trace, Math.sqrt(trace / 2));
    }
  }

  /** What a star and the PSF model at its place look like. */
  private record Moments(Shape star, Shape psf) {
    static @Nullable Moments of(SourceRow s) {
      if (isTrue(s.getShapeFlag())
          || s.getIxx() == null
          || s.getIyy() == null
          || s.getIxy() == null
          || s.getIxxPSF() == null
          || s.getIyyPSF() == null
          || s.getIxyPSF() == null) {
        return null;
      }
      return new Moments(
          Shape.of(s.getIxx(), s.getIyy(), s.getIxy()),
          Shape.of(s.getIxxPSF(), s.getIyyPSF(), s.getIxyPSF()));
    }
  }
}
