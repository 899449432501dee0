package org.starbeam.pipelines.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.plan.PlannedVisit.Outline;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.Configs;

/**
 * A survey that nobody has taken yet, for plans: fields spread evenly over a band of declination,
 * each visited in every band with dithered centre and rotation. The focal plane is that of LSSTCam:
 * 21 rafts of 3 x 3 detectors in a 5 x 5 square without its corners.
 *
 * <p>Visit {@code i} of {@code n} depends on i and n alone.
 */
public final class SyntheticSurvey implements VisitSource {
  /**
   * What a survey file says; a value that is not there is that of the LSST.
   *
   * @param visits number of visits
   * @param bands in which they are taken, in equal parts
   * @param south declination at which the sky that is observed begins, degrees
   * @param north declination at which it ends
   * @param west right ascension at which it begins, degrees
   * @param east right ascension at which it ends; with {@code west} 0 and 360 for all around
   * @param fields number of fields on it; 0 for one per ten visits
   * @param ditherDeg radius within which a visit is off its field's centre
   * @param detectors of the focal plane that are used, at most 189
   * @param pixelsPerAxis of a detector
   * @param pixelScaleArcsec size of a pixel
   */
  public record Config(
      int visits,
      List<String> bands,
      double south,
      double north,
      double west,
      double east,
      int fields,
      double ditherDeg,
      int detectors,
      int pixelsPerAxis,
      double pixelScaleArcsec) {
    public Config {
      bands = List.copyOf(bands);
    }

    /** 1000 visits of a survey of the southern sky with 189 detectors. */
    public static Config defaults() {
      return new Config(
          1000, List.of("u", "g", "r", "i", "z", "y"), -72, 12, 0, 360, 0, 0.7, 189, 4_000, 0.2);
    }
  }

  private static final int RAFTS = 5;
  private static final int PER_RAFT = 3;

  /** Distance of neighbouring detectors and of rafts over the size of a detector. */
  private static final double PITCH = 1.03;

  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;
  private static final int FIRST_MONTH = 2025 * 12 + 5;

  private final Config config;
  private final int fields;
  private final List<double[]> centers = new ArrayList<>();

  public SyntheticSurvey(Config config) {
    this.config = config;
    this.fields = config.fields() > 0 ? config.fields() : Math.max(1, config.visits() / 10);
    double size = Math.toRadians(config.pixelsPerAxis() * config.pixelScaleArcsec() / 3600);
    int across = RAFTS * PER_RAFT;
    for (int row = 0; row < across; row++) {
      for (int column = 0; column < across; column++) {
        boolean corner =
            (row / PER_RAFT == 0 || row / PER_RAFT == RAFTS - 1)
                && (column / PER_RAFT == 0 || column / PER_RAFT == RAFTS - 1);
        if (!corner && centers.size() < config.detectors()) {
          double middle = (across - 1) / 2.0;
          centers.add(
              new double[] {(column - middle) * PITCH * size, (row - middle) * PITCH * size});
        }
      }
    }
  }

  /** Reads a survey file. */
  public static SyntheticSurvey read(Path file) {
    try {
      return new SyntheticSurvey(
          Configs.override("survey", Config.defaults(), Files.readString(file)));
    } catch (IOException | BadInputException e) {
      throw new UserException(
          ExitCode.USAGE,
          file + " is no survey: " + e.getMessage() + "; for example {\"visits\": 1000}");
    }
  }

  @Override
  public int size() {
    return config.visits();
  }

  @Override
  public PlannedVisit get(int index) {
    int field = index % fields;
    List<String> bands = config.bands();
    String band = bands.get((index / fields + field) % bands.size());
    double low = Math.sin(Math.toRadians(config.south()));
    double high = Math.sin(Math.toRadians(config.north()));
    double dec = Math.toDegrees(Math.asin(low + (high - low) * (field + 0.5) / fields));
    double ra =
        Gnomonic.normalizeRa(
            config.west() + (config.east() - config.west()) * ((field * GOLDEN) % 1));
    Gnomonic about = new Gnomonic(new SkyPoint(ra, dec));
    double radius = Math.toRadians(config.ditherDeg()) * Math.sqrt(scattered(index, 1));
    double angle = 2 * Math.PI * scattered(index, 2);
    SkyPoint boresight = about.deproject(radius * Math.cos(angle), radius * Math.sin(angle));
    double rotation = 2 * Math.PI * scattered(index, 3);
    int month = FIRST_MONTH + (int) (12L * index / Math.max(1, config.visits()));
    return new PlannedVisit(
        index + 1,
        "LSSTCam",
        band,
        month / 12 * 100 + month % 12 + 1,
        outlines(new Gnomonic(boresight), Math.cos(rotation), Math.sin(rotation)));
  }

  private List<Outline> outlines(Gnomonic plane, double cos, double sin) {
    double half = Math.toRadians(config.pixelsPerAxis() * config.pixelScaleArcsec() / 3600) / 2;
    int kilopixels = (int) ((long) config.pixelsPerAxis() * config.pixelsPerAxis() / 1000);
    List<Outline> out = new ArrayList<>(centers.size());
    for (int detector = 0; detector < centers.size(); detector++) {
      double[] c = centers.get(detector);
      double[] ra = new double[4];
      double[] dec = new double[4];
      for (int corner = 0; corner < 4; corner++) {
        double x = c[0] + (corner == 0 || corner == 3 ? -half : half);
        double y = c[1] + (corner < 2 ? -half : half);
        SkyPoint p = plane.deproject(cos * x - sin * y, sin * x + cos * y);
        ra[corner] = p.raDeg();
        dec[corner] = p.decDeg();
      }
      out.add(new Outline(detector, ra, dec, kilopixels));
    }
    return out;
  }

  /** A number in [0, 1) that looks random and depends on the visit alone. */
  private static double scattered(int index, int purpose) {
    long z = (index * 4L + purpose) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
  }
}
