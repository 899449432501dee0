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
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * Reads the amplifier images of a raw file by the EXTNAMEs of the camera, each from an extension of
 * its own or from its place in an image that holds several.
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
    if (hdu.isEmpty()) {
      return null;
    }
    return reader.readFloats(hdu.get(), amplifier.raw().place()).withOrigin(0, 0);
  }

  private Optional<FitsHdu> find(FitsReader reader, Detector detector, Amplifier amplifier) {
    Optional<FitsHdu> hdu = image(reader, amplifier.extName());
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
    hdu.ifPresent(h -> checkSize(h, detector, amplifier));
    return hdu;
  }

  private static Optional<FitsHdu> image(FitsReader reader, String extName) {
    Optional<FitsHdu> named = reader.find(extName).filter(FitsHdu::isImage);
    return named.isEmpty() && extName.equalsIgnoreCase(Amplifier.PRIMARY)
        ? reader.hdus().stream().filter(FitsHdu::isImage).findFirst()
        : named;
  }

  /** The raw images of all amplifiers in an extension make up its image. */
  private static void checkSize(FitsHdu hdu, Detector detector, Amplifier amplifier) {
    Box whole =
        detector.amplifiers().stream()
            .filter(a -> a.extName().equalsIgnoreCase(amplifier.extName()))
            .map(a -> a.raw().place())
            .reduce(new Box(0, 0, 0, 0), Box::union);
    if (hdu.width() != whole.x1() || hdu.height() != whole.y1()) {
      throw new BadInputException(
          "WRONG_SIZE",
          hdu.where()
              + ": "
              + hdu.width()
              + " x "
              + hdu.height()
              + " pixels, the camera says "
              + whole.x1()
              + " x "
              + whole.y1()
              + " for amplifier "
              + amplifier.name());
    }
  }
}
