package org.starbeam.it;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.fits.HeaderView;

/**
 * Damages a simulated survey as real ones are.
 *
 * @param truncated a science frame whose end is missing
 * @param withoutAmplifier a science frame without the image of one amplifier
 * @param junk a file that only has a name like a FITS file's
 */
record SurveyFaults(Path truncated, Path withoutAmplifier, Path junk) {
  private static final int BLOCK = 2880;
  private static final int CARD = 80;
  private static final double MARGIN_DEG = 0.5 / 60;
  private static final String AMPLIFIER = "SEGMENT11";

  /**
   * Takes the flats of one filter away, and spoils two science frames of another: detector 0 of its
   * first visit and detector 1 of its last.
   */
  static SurveyFaults damage(Path survey, String withoutFlats, String spoilt) throws IOException {
    for (Path flat : frames(survey, "FLAT", withoutFlats)) {
      Files.delete(flat);
    }
    List<Path> science = frames(survey, "OBJECT", spoilt);
    Path first = science.get(0);
    Path last = science.get(science.size() - 1);
    byte[] bytes = Files.readAllBytes(first);
    Files.write(first, Arrays.copyOf(bytes, bytes.length * 6 / 10));
    Files.write(last, without(Files.readAllBytes(last), AMPLIFIER));
    Path junk = first.resolveSibling("notes.fits");
    Files.writeString(junk, "Seeing got worse after midnight.\n");
    return new SurveyFaults(first, last, junk);
  }

  /**
   * Copies a survey and cuts a share of its science frames, at least two, anywhere; returns the
   * names of their files.
   */
  static List<String> cut(Path survey, Path other, double share, Random random) throws IOException {
    copy(survey, other);
    List<Path> science = new ArrayList<>(frames(other, "OBJECT", ""));
    Collections.shuffle(science, random);
    List<String> cut = new ArrayList<>();
    for (Path file : science.subList(0, Math.max(2, (int) Math.round(share * science.size())))) {
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length - 1)));
      cut.add(file.getFileName().toString());
    }
    return cut;
  }

  static void copy(Path survey, Path other) throws IOException {
    try (Stream<Path> files = Files.walk(survey)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Path copy = other.resolve(survey.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
  }

  /** Adds to a number in the headers of all science frames of a visit. */
  static void addToHeader(Path survey, long visit, String keyword, double add) throws IOException {
    for (Path file : frames(survey, "OBJECT", "")) {
      double old;
      try (FitsReader reader = FitsReader.open(file)) {
        HeaderView header = reader.primaryHeader();
        if (header.longInteger("EXPID") != visit) {
          continue;
        }
        old = header.number(keyword);
      }
      byte[] bytes = Files.readAllBytes(file);
      int at = 0;
      while (!text(bytes, at, 8).strip().equals(keyword)) {
        at += CARD;
      }
      String card = String.format(Locale.ROOT, "%-8s= %20.9f", keyword, old + add);
      byte[] ascii = String.format("%-" + CARD + "s", card).getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(ascii, 0, bytes, at, CARD);
      Files.write(file, bytes);
    }
  }

  /** Links what detector 0 needs to reduce one filter to another survey without references. */
  static void copyOneDetector(Path survey, Path other, String filter) throws IOException {
    Files.createDirectories(other.resolve("raw"));
    Files.copy(survey.resolve("camera.yaml"), other.resolve("camera.yaml"));
    for (String type : List.of("BIAS", "DARK", "FLAT", "OBJECT")) {
      boolean dark = type.equals("BIAS") || type.equals("DARK");
      for (Path file : frames(survey, type, dark ? "" : filter)) {
        if (file.toString().endsWith("_00.fits.fz")) {
          Files.copy(file, other.resolve("raw").resolve(file.getFileName()));
        }
      }
    }
  }

  /** Writes the reference catalogue of a survey to another, north of where it should be. */
  static void moveReferences(Path survey, Path other, double degrees) throws IOException {
    Files.createDirectories(other.resolve("refcat"));
    try (FitsReader reader = FitsReader.open(survey.resolve("refcat/refcat.fits"));
        FitsWriter writer = FitsWriter.create(other.resolve("refcat/refcat.fits"))) {
      FitsTable table = reader.readTable(reader.hdus().get(1));
      double[] dec = table.doubles("dec");
      for (int i = 0; i < dec.length; i++) {
        dec[i] += degrees;
      }
      writer.primary(Map.of()).table(table).commit();
    }
  }

  /** Gives the last science frame of a detector the pixels of its first dark frame. */
  static void closeShutter(Path survey, int detector) throws IOException {
    String end = String.format("_%02d.fits.fz", detector);
    List<Path> science = frames(survey, "OBJECT", "");
    Path last =
        science.stream().filter(f -> f.toString().endsWith(end)).reduce((a, b) -> b).orElseThrow();
    Path dark =
        frames(survey, "DARK", "").stream()
            .filter(f -> f.toString().endsWith(end))
            .findFirst()
            .orElseThrow();
    byte[] sky = Files.readAllBytes(last);
    byte[] closed = Files.readAllBytes(dark);
    int header = extension(sky, 0);
    int pixels = extension(closed, 0);
    Files.write(
        last,
        ByteBuffer.allocate(header + closed.length - pixels)
            .put(sky, 0, header)
            .put(closed, pixels, closed.length - pixels)
            .array());
  }

  /** Takes the reference stars within half a minute of arc of a detector's sources away. */
  static void removeReferences(Path survey, Truth truth, int detector) throws IOException {
    Path file = survey.resolve("refcat/refcat.fits");
    FitsTable table;
    try (FitsReader reader = FitsReader.open(file)) {
      table = reader.readTable(reader.hdus().get(1));
    }
    double[] box = {360, 0, 90, -90};
    for (int i = 0; i < truth.size(); i++) {
      if (truth.detector()[i] == detector) {
        box[0] = Math.min(box[0], truth.ra()[i] - MARGIN_DEG);
        box[1] = Math.max(box[1], truth.ra()[i] + MARGIN_DEG);
        box[2] = Math.min(box[2], truth.dec()[i] - MARGIN_DEG);
        box[3] = Math.max(box[3], truth.dec()[i] + MARGIN_DEG);
      }
    }
    double[] ra = table.doubles("ra");
    double[] dec = table.doubles("dec");
    for (int i = 0; i < ra.length; i++) {
      if (ra[i] > box[0] && ra[i] < box[1] && dec[i] > box[2] && dec[i] < box[3]) {
        dec[i] -= 1;
      }
    }
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(Map.of()).table(table).commit();
    }
  }

  /** Raw frames of a type, and of a filter unless it is empty, in the order of their names. */
  private static List<Path> frames(Path survey, String type, String filter) throws IOException {
    try (Stream<Path> files = Files.walk(survey.resolve("raw"))) {
      return files
          .filter(file -> file.toString().endsWith(".fits.fz"))
          .filter(file -> isOf(file, type, filter))
          .sorted()
          .toList();
    }
  }

  private static boolean isOf(Path file, String type, String filter) {
    try (FitsReader reader = FitsReader.open(file)) {
      HeaderView header = reader.primaryHeader();
      return header.stringOr("IMGTYPE", "").equals(type)
          && (filter.isEmpty() || header.stringOr("FILTER", "").equals(filter));
    }
  }

  /** The file without the extension of a name. */
  private static byte[] without(byte[] file, String extension) {
    int begin = extension(file, 0);
    while (!text(file, begin, BLOCK).contains("'" + extension)) {
      begin = extension(file, begin + BLOCK);
    }
    int end = extension(file, begin + BLOCK);
    return ByteBuffer.allocate(file.length - (end - begin))
        .put(file, 0, begin)
        .put(file, end, file.length - end)
        .array();
  }

  /** First block from an offset on that begins an extension. */
  private static int extension(byte[] file, int from) {
    int at = from;
    while (!text(file, at, 8).equals("XTENSION")) {
      at += BLOCK;
    }
    return at;
  }

  private static String text(byte[] file, int from, int length) {
    return new String(file, from, length, StandardCharsets.US_ASCII);
  }
}
