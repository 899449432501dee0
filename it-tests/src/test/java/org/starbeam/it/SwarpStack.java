package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.starbeam.camera.CalibratedExposure;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsWriter;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * SWarp's weighted mean of frames on the grid of a coadd: LANCZOS3, one weight per frame (the
 * inverse of its typical variance), fluxes scaled by the area of each pixel, no background
 * subtraction of its own.
 */
final class SwarpStack {
  static final Path BINARY = Path.of("/usr/bin/SWarp");

  private static final Map<String, String> OPTIONS = new LinkedHashMap<>();

  static {
    OPTIONS.put("IMAGEOUT_NAME", "coadd.fits");
    OPTIONS.put("WEIGHTOUT_NAME", "coadd.weight.fits");
    OPTIONS.put("COMBINE_TYPE", "WEIGHTED");
    OPTIONS.put("RESAMPLING_TYPE", "LANCZOS3");
    OPTIONS.put("WEIGHT_TYPE", "MAP_WEIGHT");
    OPTIONS.put("RESCALE_WEIGHTS", "N");
    OPTIONS.put("SUBTRACT_BACK", "N");
    OPTIONS.put("FSCALASTRO_TYPE", "VARIABLE");
    OPTIONS.put("FSCALE_KEYWORD", "NONE");
    OPTIONS.put("OVERSAMPLING", "1");
    OPTIONS.put("WRITE_XML", "N");
    OPTIONS.put("VERBOSE_TYPE", "QUIET");
    OPTIONS.put("NTHREADS", "1");
  }

  private final Path work;

  SwarpStack(Path work) {
    this.work = work;
  }

  static boolean isInstalled() {
    return Files.isExecutable(BINARY);
  }

  /** The stack in the pixels of the coadd. */
  ImageF of(List<CalibratedExposure> frames, ImageFile coadd) throws Exception {
    Files.createDirectories(work);
    List<String> command = new ArrayList<>(List.of(BINARY.toString()));
    for (int i = 0; i < frames.size(); i++) {
      CalibratedExposure frame = frames.get(i);
      String name = "frame" + i;
      write(work.resolve(name + ".fits"), frame.image().image(), frame.wcs());
      write(work.resolve(name + ".weight.fits"), weight(frame.image()), Map.of());
      command.add(name + ".fits");
    }
    Box box = coadd.image().box();
    Files.writeString(work.resolve("coadd.head"), header(coadd.wcs(), box));
    OPTIONS.forEach((key, value) -> command.addAll(List.of("-" + key, value)));
    Process process = new ProcessBuilder(command).directory(work.toFile()).inheritIO().start();
    assertThat(process.waitFor()).as("exit code of SWarp").isZero();
    try (FitsReader reader = FitsReader.open(work.resolve("coadd.fits"))) {
      return reader.readFloats(reader.firstImage()).withOrigin(box.x0(), box.y0());
    }
  }

  private static void write(Path path, ImageF image, Map<String, Object> cards) {
    try (FitsWriter writer = FitsWriter.create(path)) {
      writer.primary(Map.of()).image("DATA", image, cards).commit();
    }
  }

  private static ImageF weight(MaskedImage image) {
    ImageF out = new ImageF(image.box());
    double typical =
        new ClippedStatistics()
            .of(image.variance(), image.mask(), MaskPlanes.NO_DATA | MaskPlanes.DETECTED)
            .median();
    for (int i = 0; i < out.data.length; i++) {
      boolean missing = (image.mask().data[i] & MaskPlanes.NO_DATA) != 0;
      out.data[i] = missing ? 0 : (float) (1 / typical);
    }
    return out;
  }

  /** The grid of the coadd as SWarp reads it: a pure TAN header. */
  private static String header(Map<String, Object> wcs, Box box) {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("NAXIS", 2);
    cards.put("NAXIS1", box.width());
    cards.put("NAXIS2", box.height());
    cards.putAll(wcs);
    cards.put("CRPIX1", ((Number) wcs.get("CRPIX1")).doubleValue() - box.x0());
    cards.put("CRPIX2", ((Number) wcs.get("CRPIX2")).doubleValue() - box.y0());
    cards.put("CTYPE1", "RA---TAN");
    cards.put("CTYPE2", "DEC--TAN");
    StringBuilder out = new StringBuilder();
    cards.forEach(
        (key, value) -> {
          if (!key.matches("[AB]P?_.*")) {
            String text = value instanceof String s ? "'" + s + "'" : String.valueOf(value);
            out.append(String.format(Locale.ROOT, "%-8s= %s%n", key, text));
          }
        });
    return out.append("END     \n").toString();
  }
}
