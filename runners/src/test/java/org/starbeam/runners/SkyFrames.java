package org.starbeam.runners;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Locale;
import org.starbeam.transforms.window.CampaignWindows;
import org.starbeam.transforms.window.EventTime;

/** Frames of the simulated camera that are headers and nothing else, put into a watched input. */
final class SkyFrames {
  private static final double ROLLOVER_HOURS = 12;
  private static final int BLOCK = 2880;
  private static final int CARD = 80;

  private final Path input;

  SkyFrames(Path input) throws IOException {
    this.input = input;
    Files.createDirectories(input.resolve("raw"));
  }

  /** Name of a frame below the input directory. */
  static String name(int night, int seq, int detector) {
    return String.format(Locale.ROOT, "raw/SC_O_%d_%06d_%02d.fits", night, seq, detector);
  }

  /** A frame of a night, exposed so many minutes after midnight. */
  Path put(int night, int seq, int detector) throws IOException {
    return put(name(night, seq, detector), frame(night, seq, detector));
  }

  /** Writes a file under a hidden name and renames it into place. */
  Path put(String name, byte[] bytes) throws IOException {
    Path file = input.resolve(name);
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    Files.write(temporary, bytes);
    Files.setLastModifiedTime(temporary, FileTime.fromMillis(System.currentTimeMillis() - 60_000));
    return Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  void close(int night) throws IOException {
    Files.createFile(input.resolve("NIGHT_DONE_" + night));
  }

  void end() throws IOException {
    Files.createFile(input.resolve("CAMPAIGN_DONE"));
  }

  static byte[] frame(int night, int seq, int detector) {
    long midnight = CampaignWindows.night(night, ROLLOVER_HOURS).startMs() + 12 * 3_600_000L;
    return frame(night, seq, detector, midnight + 60_000L * seq);
  }

  /** A frame that says to have been exposed at an event time. */
  static byte[] frame(int night, int seq, int detector, long beginMs) {
    StringBuilder header = new StringBuilder();
    card(header, "SIMPLE", "T");
    card(header, "BITPIX", "8");
    card(header, "NAXIS", "0");
    card(header, "INSTRUME", "'SimCam  '");
    card(header, "TIMESYS", "'TAI     '");
    card(header, "DATE-BEG", "'" + EventTime.text(beginMs) + "'");
    card(header, "DATE-END", "'" + EventTime.text(beginMs + 30_000) + "'");
    card(header, "MJD-BEG", String.valueOf(EventTime.mjd(beginMs)));
    card(header, "MJD-END", String.valueOf(EventTime.mjd(beginMs + 30_000)));
    card(header, "DAYOBS", "'" + night + "'");
    card(header, "SEQNUM", String.valueOf(seq));
    card(header, "EXPID", String.valueOf(night * 100_000L + seq));
    card(header, "IMGTYPE", "'OBJECT  '");
    card(header, "TESTTYPE", "'SCIENCE '");
    card(header, "FILTER", "'g_sim   '");
    card(header, "FILTBAND", "'g       '");
    card(header, "EXPTIME", "30.0");
    card(header, "DARKTIME", "31.0");
    card(header, "DETECTOR", String.valueOf(detector));
    card(header, "DETNUM", String.valueOf(detector));
    header.append(String.format(Locale.ROOT, "%-80s", "END"));
    byte[] bytes = header.toString().getBytes(StandardCharsets.US_ASCII);
    byte[] file = new byte[(bytes.length + BLOCK - 1) / BLOCK * BLOCK];
    java.util.Arrays.fill(file, (byte) ' ');
    System.arraycopy(bytes, 0, file, 0, bytes.length);
    return file;
  }

  private static void card(StringBuilder header, String key, String value) {
    String card = String.format(Locale.ROOT, "%-8s= %20s", key, value);
    header.append(String.format(Locale.ROOT, "%-" + CARD + "s", card));
  }
}
