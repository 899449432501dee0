package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.ImageF;

/**
 * SExtractor in its dual-image mode: objects are found on one image, where their apertures are, and
 * measured on another one of the same pixels. The images come with their sky subtracted, and
 * SExtractor subtracts none.
 */
final class SourceExtractor {
  static final Path BINARY = Path.of("/usr/bin/source-extractor");

  private static final List<String> COLUMNS =
      List.of("XWIN_IMAGE", "YWIN_IMAGE", "FLUX_RADIUS", "FLAGS", "FLUX_APER", "FLUXERR_APER");

  /**
   * @param x column, from 0
   * @param y row, from 0
   * @param halfLight radius in pixels on the measured image
   * @param flags of SExtractor
   * @param fluxes in the apertures
   * @param errors of them, as white noise has them
   */
  record Row(double x, double y, double halfLight, int flags, double[] fluxes, double[] errors) {}

  private final Path work;
  private final List<Double> diameters;

  /**
   * @param diameters of the apertures in pixels
   */
  SourceExtractor(Path work, List<Double> diameters) {
    this.work = work;
    this.diameters = diameters;
  }

  static boolean isInstalled() {
    return Files.isExecutable(BINARY);
  }

  /** The objects of the first image as the second one sees them. */
  List<Row> measure(ImageF found, ImageF measured) throws Exception {
    write("found.fits", found);
    write("measured.fits", measured);
    int n = diameters.size();
    List<String> columns = new ArrayList<>(COLUMNS.subList(0, 4));
    COLUMNS.subList(4, 6).forEach(c -> columns.add(c + "(" + n + ")"));
    Files.write(work.resolve("columns"), columns);
    Files.writeString(work.resolve("kernel"), "CONV NORM\n1 2 1\n2 4 2\n1 2 1\n");
    Files.writeString(work.resolve("settings"), "");
    List<String> command = new ArrayList<>();
    command.addAll(List.of(BINARY.toString(), "found.fits,measured.fits", "-c", "settings"));
    options().forEach((key, value) -> command.addAll(List.of("-" + key, value)));
    Process process = new ProcessBuilder(command).directory(work.toFile()).inheritIO().start();
    assertThat(process.waitFor()).as("exit code of SExtractor").isZero();
    return Files.readAllLines(work.resolve("out.txt")).stream().map(l -> row(l, n)).toList();
  }

  private Map<String, String> options() {
    String apertures = String.join(",", diameters.stream().map(d -> Double.toString(d)).toList());
    return Map.of(
        "CATALOG_NAME", "out.txt",
        "CATALOG_TYPE", "ASCII",
        "PARAMETERS_NAME", "columns",
        "FILTER_NAME", "kernel",
        "DETECT_THRESH", "2",
        "ANALYSIS_THRESH", "2",
        "BACK_TYPE", "MANUAL",
        "BACK_VALUE", "0,0",
        "PHOT_APERTURES", apertures,
        "VERBOSE_TYPE", "QUIET");
  }

  private static Row row(String line, int n) {
    double[] v =
        Arrays.stream(line.strip().split("\\s+")).mapToDouble(Double::parseDouble).toArray();
    double[] fluxes = Arrays.copyOfRange(v, 4, 4 + n);
    double[] errors = Arrays.copyOfRange(v, 4 + n, 4 + 2 * n);
    return new Row(v[0] - 1, v[1] - 1, v[2], (int) v[3], fluxes, errors);
  }

  private void write(String name, ImageF image) {
    try (FitsWriter writer = FitsWriter.create(work.resolve(name))) {
      writer.primary(Map.of()).image("DATA", image, Map.of()).commit();
    }
  }
}
