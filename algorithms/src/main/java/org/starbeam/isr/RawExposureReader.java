package org.starbeam.isr;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Detector;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.ImageF;

/**
 * Reads the amplifier images of a raw file by the EXTNAMEs of the camera.
 *
 * <p>An image of another size than the camera says is {@code WRONG_SIZE}; a file in which an
 * amplifier's extension is missing is {@code MISSING_HDU}, unless missing amplifiers are allowed:
 * then it comes back as null and ISR marks its pixels NO_DATA and BAD.
 */
public final class RawExposureReader {
  private final boolean allowMissing;

  /**
   * @param allowMissing true to go on without the image of an amplifier
   */
  public RawExposureReader(boolean allowMissing) {
    this.allowMissing = allowMissing;
  }

  public RawExposure read(Path file, Detector detector) {
    try (FitsReader reader = FitsReader.open(file)) {
      List<@Nullable ImageF> images = new ArrayList<>();
      for (Amplifier amplifier : detector.amplifiers()) {
        images.add(read(reader, detector, amplifier));
      }
      return new RawExposure(detector, images);
    }
  }

  /** Refuses a file that lacks amplifiers or has them in other sizes, looking at headers only. */
  public void check(FitsReader reader, Detector detector) {
    for (Amplifier amplifier : detector.amplifiers()) {
      find(reader, detector, amplifier);
    }
  }

  private @Nullable ImageF read(FitsReader reader, Detector detector, Amplifier amplifier) {
    Optional<FitsHdu> hdu = find(reader, detector, amplifier);
    return hdu.isEmpty() ? null : reader.readFloats(hdu.get());
  }

  private Optional<FitsHdu> find(FitsReader reader, Detector detector, Amplifier amplifier) {
    Optional<FitsHdu> hdu = reader.find(amplifier.extName()).filter(FitsHdu::isImage);
    if (hdu.isEmpty() && !allowMissing) {
      throw new BadInputException(
          "MISSING_HDU",
          reader.name()
              + ": no image extension "
              + amplifier.extName()
              + " for amplifier "
              + amplifier.name()
              + " of detector "
              + detector.name()
              + "; the file has "
              + reader.hdus().stream().map(FitsHdu::name).toList());
    }
    hdu.ifPresent(h -> checkSize(h, amplifier));
    return hdu;
  }

  private static void checkSize(FitsHdu hdu, Amplifier amplifier) {
    Amplifier.RawRegions raw = amplifier.raw();
    if (hdu.width() != raw.width() || hdu.height() != raw.height()) {
      throw new BadInputException(
          "WRONG_SIZE",
          hdu.where()
              + ": "
              + hdu.width()
              + " x "
              + hdu.height()
              + " pixels, the camera says "
              + raw.width()
              + " x "
              + raw.height()
              + " for amplifier "
              + amplifier.name());
    }
  }
}
