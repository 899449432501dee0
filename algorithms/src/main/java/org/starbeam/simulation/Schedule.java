package org.starbeam.simulation;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.starbeam.simulation.Exposure.Kind;
import org.starbeam.simulation.Preset.Night;

/**
 * The exposures of a campaign in order of time: calibrations in the afternoon, then the visits of
 * the night, bands in turn, beginning at a random dark time with the field above 40 degrees.
 */
final class Schedule {
  static final double LATITUDE = -30.244639;
  static final double LONGITUDE = -70.749417;
  private static final double TAI_MINUS_UTC_DAYS = 37 / Exposure.SECONDS_PER_DAY;
  private static final double AFTERNOON = 0.7295;
  private static final double LOWEST_ALTITUDE = 41;
  private static final double OVERHEAD_SECONDS = 40;
  private static final LocalDate MJD_ZERO = LocalDate.of(1858, 11, 17);

  /** Zero point, sky brightness and extinction by band. */
  private static final Map<Character, double[]> BAND =
      Map.of(
          'u', new double[] {26.5, 22.9, 0.40, 0},
          'g', new double[] {27.9, 22.2, 0.17, 0},
          'r', new double[] {27.8, 21.2, 0.10, 0},
          'i', new double[] {27.5, 20.5, 0.07, 0.008},
          'z', new double[] {27.1, 19.6, 0.06, 0.015},
          'y', new double[] {26.2, 18.6, 0.12, 0.03});

  private final Preset preset;
  private final long seed;
  private final FocalPlane plane;
  private final List<Exposure> exposures = new ArrayList<>();

  private Schedule(Preset preset, long seed, FocalPlane plane) {
    this.preset = preset;
    this.seed = seed;
    this.plane = plane;
  }

  static List<Exposure> make(Preset preset, long seed, FocalPlane plane) {
    Schedule schedule = new Schedule(preset, seed, plane);
    int visit = 0;
    for (int n = 0; n < preset.nights().size(); n++) {
      visit = schedule.night(n, visit);
    }
    return List.copyOf(schedule.exposures);
  }

  static double mjdOf(int dayObs) {
    LocalDate date = LocalDate.parse(String.valueOf(dayObs), DateTimeFormatter.BASIC_ISO_DATE);
    return date.toEpochDay() - MJD_ZERO.toEpochDay();
  }

  private int night(int number, int firstVisit) {
    Night night = preset.nights().get(number);
    double day = mjdOf(night.dayObs());
    if (preset.frames() == Preset.Frames.RAW) {
      calibrations(number, night.dayObs(), day + AFTERNOON);
    }
    RandomStream random = RandomStream.of(seed, "night", night.dayObs(), 0);
    int count = night.visitsPerBand() * preset.bands().length();
    double length = count * (preset.expTime() + OVERHEAD_SECONDS) / Exposure.SECONDS_PER_DAY;
    double time = start(random, day, length);
    double rotation = random.uniform(-180, 180);
    int visit = firstVisit;
    for (int v = 0; v < count; v++) {
      char band = preset.bands().charAt(v % preset.bands().length());
      visit(night.dayObs(), 100 + v, band, roundToSecond(time), rotation, visit++);
      time += (preset.expTime() + OVERHEAD_SECONDS) / Exposure.SECONDS_PER_DAY;
    }
    return visit;
  }

  private static double roundToSecond(double mjd) {
    return Math.rint(mjd * Exposure.SECONDS_PER_DAY) / Exposure.SECONDS_PER_DAY;
  }

  private double start(RandomStream random, double day, double length) {
    double midnight = day + 1 - LONGITUDE / 360 + TAI_MINUS_UTC_DAYS;
    List<Double> good = new ArrayList<>();
    for (double t = midnight - 4.2 / 24; t < midnight + 4.2 / 24; t += 5.0 / 1440) {
      if (altitude(t) > LOWEST_ALTITUDE && altitude(t + length) > LOWEST_ALTITUDE) {
        good.add(t);
      }
    }
    return good.isEmpty() ? midnight : good.get(random.below(good.size()));
  }

  private double altitude(double mjd) {
    return horizontal(mjd, preset.field().ra(), preset.field().dec())[0];
  }

  /** Altitude, azimuth (N through E) and hour angle in degrees of a direction at a time. */
  static double[] horizontal(double mjdTai, double ra, double dec) {
    double ut = mjdTai - TAI_MINUS_UTC_DAYS;
    double sidereal = 280.46061837 + 360.98564736629 * (ut - 51544.5) + LONGITUDE;
    double hour = Math.IEEEremainder(sidereal - ra, 360);
    double h = Math.toRadians(hour);
    double d = Math.toRadians(dec);
    double lat = Math.toRadians(LATITUDE);
    double sinAlt = Math.sin(lat) * Math.sin(d) + Math.cos(lat) * Math.cos(d) * Math.cos(h);
    double azimuth =
        Math.toDegrees(
            Math.atan2(
                -Math.cos(d) * Math.sin(h),
                Math.sin(d) * Math.cos(lat) - Math.cos(d) * Math.cos(h) * Math.sin(lat)));
    return new double[] {Math.toDegrees(Math.asin(sinAlt)), (azimuth + 360) % 360, hour};
  }

  private void calibrations(int number, int dayObs, double begin) {
    Preset.CalibSequence c = preset.calibs();
    boolean first = number == 0;
    if (!first && !c.nightly()) {
      return;
    }
    String reason = first ? "MASTER" : "NIGHTLY";
    double time = begin;
    int seq = 1;
    int bias = first ? c.bias() : 2;
    for (int i = 0; i < bias; i++) {
      boolean bad = first && c.badBias() && i == bias - 2;
      time = calib(dayObs, seq++, Kind.BIAS, reason, "none", time, 0, 0, 0, 0, bad);
    }
    for (int i = 0; i < (first ? c.dark() : 1); i++) {
      time = calib(dayObs, seq++, Kind.DARK, reason, "none", time, 60, 61, 0, 0, false);
    }
    for (char band : preset.bands().toCharArray()) {
      for (int i = 0; i < (first ? c.flatPerBand() : 1); i++) {
        time = flat(dayObs, seq++, reason, band, time, c.flatLevel());
      }
    }
    for (int i = 0; first && i < c.ptcLevels(); i++) {
      double level = 600 * Math.pow(95000 / 600.0, (double) i / Math.max(1, c.ptcLevels() - 1));
      time = flat(dayObs, seq++, "PTC", 'r', time, level);
      time = flat(dayObs, seq++, "PTC", 'r', time, level);
    }
  }

  private double flat(int dayObs, int seq, String reason, char band, double time, double level) {
    RandomStream random = RandomStream.of(seed, "lamp", dayObs * 100000L + seq, 0);
    double light = level * (1 + random.normal(0, 0.003));
    double exposure = Math.rint(level / 3000 * 100) / 100;
    return calib(
        dayObs,
        seq,
        Kind.FLAT,
        reason,
        String.valueOf(band),
        time,
        exposure,
        exposure + 1,
        light,
        light * (1 + random.normal(0, 3e-4)) * 1e-12,
        false);
  }

  private double calib(
      int dayObs,
      int seq,
      Kind kind,
      String reason,
      String band,
      double time,
      double expTime,
      double darkTime,
      double level,
      double photodiode,
      boolean bad) {
    exposures.add(
        new Exposure(
            dayObs * 100000L + seq,
            dayObs,
            seq,
            kind,
            reason,
            band,
            roundToSecond(time),
            expTime,
            darkTime,
            level,
            photodiode,
            bad,
            null));
    return time + (darkTime + 10) / Exposure.SECONDS_PER_DAY;
  }

  private void visit(
      int dayObs, int seq, char band, double begin, double rotation, int visitNumber) {
    long id = dayObs * 100000L + seq;
    RandomStream random = RandomStream.of(seed, "visit", id, 0);
    double mid = begin + preset.expTime() / 2 / Exposure.SECONDS_PER_DAY;
    Visit visit = truth(random, band, mid, rotation, hasTrail(visitNumber));
    exposures.add(
        new Exposure(
            id,
            dayObs,
            seq,
            Kind.OBJECT,
            "SCIENCE",
            String.valueOf(band),
            begin,
            preset.expTime(),
            preset.expTime() + 1,
            0,
            0,
            false,
            visit));
  }

  /** Trails are spread evenly: one in the middle of each of equal parts of the campaign. */
  private boolean hasTrail(int visitNumber) {
    int total = preset.visits();
    int trails = preset.observing().trails();
    for (int t = 0; t < trails; t++) {
      if (visitNumber == (2 * t + 1) * total / (2 * trails)) {
        return true;
      }
    }
    return false;
  }

  private Visit truth(
      RandomStream random, char band, double mid, double nightRotation, boolean trail) {
    Preset.Observing o = preset.observing();
    double[] b = BAND.getOrDefault(band, new double[4]);
    double[] pointing = inDisc(random, o.ditherArcsec());
    double[] error = inDisc(random, o.pointingErrorArcsec());
    double ra = preset.field().ra() + degrees(pointing[0]) / cosDec();
    double dec = preset.field().dec() + degrees(pointing[1]);
    double rotation = nightRotation + random.uniform(-2, 2);
    double headerRotation = rotation + random.normal(0, 1) * o.rotationErrorDeg();
    double[] sky = horizontal(mid, ra, dec);
    double airmass = 1 / Math.sin(Math.toRadians(sky[0]));
    boolean cloudy = random.uniform() < o.cloudyFraction();
    double cloud = cloudy ? random.uniform(0.08, 0.5) : 0;
    double[] cloudGradient =
        cloudy ? new double[] {random.normal(0, 0.015), random.normal(0, 0.015)} : new double[2];
    double years = (mid - mjdOf(preset.nights().get(0).dayObs())) / 365.25;
    double clear = b[0] - b[2] * (airmass - 1) - 0.02 * years;
    double zeroPoint = clear - cloud + random.normal(0, 0.005);
    double skyMag = b[1] + random.normal(0, 0.08) - 0.1 * (airmass - 1);
    double skyCounts = o.sky() ? Math.pow(10, 0.4 * (b[0] - skyMag)) * 0.04 * preset.expTime() : 0;
    double seeing = random.uniform(o.seeingLow(), o.seeingHigh());
    double variation = o.turbulence() ? 1 : 0;
    return new Visit(
        ra + degrees(error[0]) / cosDec(),
        dec + degrees(error[1]),
        wrap(headerRotation),
        ra,
        dec,
        wrap(rotation),
        airmass,
        sky[0],
        sky[1],
        sky[2] / 15,
        zeroPoint,
        cloud,
        cloudGradient,
        skyMag,
        skyCounts,
        new double[] {random.normal(0, 0.008) * variation, random.normal(0, 0.008) * variation},
        b[3] * (1 + 0.3 * random.uniform(-1, 1)) * (preset.sensor().response() ? 1 : 0),
        seeing,
        random.uniform(3.2, 4.0),
        polynomial(random, 0.015 * variation, 0),
        polynomial(random, 0.015 * variation, 0.02 * variation),
        polynomial(random, 0.015 * variation, 0.02 * variation),
        linear(random, o.pointingErrorArcsec() > 0 ? 3e-5 : 0),
        Visit.Waves.make(random, o.turbulence()),
        trail ? trail(random) : null);
  }

  private static double[] polynomial(RandomStream random, double sigma, double constant) {
    double[] c = new double[6];
    for (int i = 0; i < 6; i++) {
      c[i] = random.normal(0, i == 0 ? constant : sigma);
    }
    return c;
  }

  private static double[] linear(RandomStream random, double sigma) {
    return new double[] {
      random.normal(0, sigma),
      random.normal(0, sigma),
      random.normal(0, sigma),
      random.normal(0, sigma)
    };
  }

  private Visit.Trail trail(RandomStream random) {
    Preset.Observing o = preset.observing();
    double reach = plane.detectors().get(0).nominalX() == 0 ? 2.5 : 4.5;
    return new Visit.Trail(
        random.uniform(10, 80) + 90 * random.below(2),
        random.uniform(-1, 1) * reach,
        Math.hypot(o.seeingLow() / 0.2 / 2.35, random.uniform(1, 2.5)),
        Math.pow(10, random.uniform(2.6, 3.7)));
  }

  private static double[] inDisc(RandomStream random, double radius) {
    double r = radius * Math.sqrt(random.uniform());
    double angle = random.uniform(0, 2 * Math.PI);
    return new double[] {r * Math.cos(angle), r * Math.sin(angle)};
  }

  private double cosDec() {
    return Math.cos(Math.toRadians(preset.field().dec()));
  }

  private static double degrees(double arcsec) {
    return arcsec / 3600;
  }

  private static double wrap(double deg) {
    return ((deg % 360) + 360) % 360;
  }
}
