package org.starbeam.camera;

import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;
import org.starbeam.camera.CalibratedExposure.Unit;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;
import org.starbeam.fits.TiledCutout;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SkyNoise;
import org.starbeam.photometry.PhotoCalib;

/**
 * Opens frames that are detrended already, by a {@link CalibratedFrameMapping}: the entry of the
 * graph after ISR. Where the zero point m0 is known the image becomes nJy, each value times
 * 10^((31.4 - m0) / 2.5).
 *
 * <p>A file without variance gets one: sky noise^2 from the pixels ({@link SkyNoise}), plus (p -
 * sky) / gain above the sky where the electrons per unit are known. A file without a WCS is refused
 * with {@code MISSING_KEY}.
 */
public final class CalibratedFrameReader {

  private static final int NOT_SKY =
      MaskPlanes.BAD
          | MaskPlanes.SAT
          | MaskPlanes.CR
          | MaskPlanes.NO_DATA
          | MaskPlanes.EDGE
          | MaskPlanes.DETECTED
          | MaskPlanes.DETECTED_NEGATIVE;

  private final CalibratedFrameMapping mapping;

  public CalibratedFrameReader(CalibratedFrameMapping mapping) {
    this.mapping = mapping;
  }

  public CalibratedExposure read(Path file) {
    try (TiledCutout in = TiledCutout.open(file, mapping.layout())) {
      MaskedImage image = in.read(in.box());
      HeaderView header = in.header();
      Map<String, Object> wcs = in.wcs();
      if (!wcs.containsKey("CTYPE1") || !wcs.containsKey("CRVAL1")) {
        throw new BadInputException(
            "MISSING_KEY",
            header.where() + ": a calibrated frame needs a WCS (CTYPE1, CRVAL1, ...)");
      }
      saturate(image, mapping.saturation().of(header));
      OptionalDouble gain = mapping.gain().of(header);
      SkyNoise noise = SkyNoise.of(image.image(), image.mask(), NOT_SKY);
      if (!in.hasVariance()) {
        estimateVariance(image, noise, gain);
      }
      return scaled(image, header, wcs, gain, noise, !in.hasVariance());
    }
  }

  private CalibratedExposure scaled(
      MaskedImage image,
      HeaderView header,
      Map<String, Object> wcs,
      OptionalDouble gain,
      SkyNoise noise,
      boolean estimated) {
    OptionalDouble zeroPoint = zeroPoint(header);
    Unit unit = unit(header);
    double factor = 1;
    if (unit != Unit.NANOJANSKY && zeroPoint.isPresent()) {
      factor = Math.pow(10, 0.4 * (PhotoCalib.NANOJANSKY_ZERO_POINT - zeroPoint.getAsDouble()));
      scale(image, factor);
      unit = Unit.NANOJANSKY;
    }
    double toUnit = factor;
    OptionalDouble electrons =
        gain.isPresent() && gain.getAsDouble() > 0
            ? OptionalDouble.of(gain.getAsDouble() / toUnit)
            : OptionalDouble.empty();
    return new CalibratedExposure(
        image, unit, header, wcs, zeroPoint, electrons, estimated, noise.smallestSigma() * factor);
  }

  private Unit unit(HeaderView header) {
    if (mapping.unit() != null) {
      return mapping.unit();
    }
    String text = header.stringOr("BUNIT", "count");
    try {
      return CalibratedFrameMapping.unit(header.where(), text);
    } catch (BadInputException unknown) {
      return Unit.COUNT;
    }
  }

  /** AB magnitude of one unit of the file. */
  private OptionalDouble zeroPoint(HeaderView header) {
    OptionalDouble found = mapping.zeroPoint().of(header);
    if (found.isEmpty() || !mapping.perSecond()) {
      return found;
    }
    OptionalDouble seconds = mapping.exposure().of(header);
    if (seconds.isEmpty() || !(seconds.getAsDouble() > 0)) {
      throw new BadInputException(
          "MISSING_KEY",
          header.where()
              + ": the zero point is per second, but no exposure time is in "
              + mapping.exposure().keys());
    }
    return OptionalDouble.of(found.getAsDouble() + 2.5 * Math.log10(seconds.getAsDouble()));
  }

  private static void saturate(MaskedImage image, OptionalDouble level) {
    if (level.isEmpty() || !(level.getAsDouble() > 0)) {
      return;
    }
    float limit = (float) level.getAsDouble();
    for (int i = 0; i < image.image().data.length; i++) {
      if (image.image().data[i] >= limit) {
        image.mask().data[i] |= MaskPlanes.SAT;
      }
    }
  }

  private static void estimateVariance(MaskedImage image, SkyNoise noise, OptionalDouble gain) {
    if (Double.isNaN(noise.smallestSigma())) {
      throw new BadInputException(
          "NO_VARIANCE", "the frame has no variance and no blank sky from which to estimate one");
    }
    double perElectron = gain.isPresent() && gain.getAsDouble() > 0 ? 1 / gain.getAsDouble() : 0;
    ImageF variance = image.variance();
    for (int y = image.box().y0(); y < image.box().y1(); y++) {
      for (int x = image.box().x0(); x < image.box().x1(); x++) {
        if ((image.mask().get(x, y) & MaskPlanes.NO_DATA) != 0) {
          continue;
        }
        double sigma = noise.sigma(x, y);
        double source = Math.max(0, image.image().get(x, y) - noise.sky(x, y));
        double poisson = source > 3 * sigma ? source * perElectron : 0;
        variance.set(x, y, (float) (sigma * sigma + poisson));
      }
    }
  }

  private static void scale(MaskedImage image, double factor) {
    float[] values = image.image().data;
    float[] variance = image.variance().data;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor);
      variance[i] = (float) (variance[i] * factor * factor);
    }
  }
}
