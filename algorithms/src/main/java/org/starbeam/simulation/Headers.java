package org.starbeam.simulation;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Header cards of the frames. */
final class Headers {
  private static final DateTimeFormatter ISO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS");
  private static final LocalDateTime MJD_ZERO = LocalDateTime.of(1858, 11, 17, 0, 0);

  private Headers() {}

  /** Cards of the primary header of one detector of an exposure. */
  static Map<String, Object> primary(Exposure e, FocalPlane.Detector detector, double seeing) {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("ORIGIN", "STARBEAM");
    cards.put("TELESCOP", "SimTel");
    cards.put("INSTRUME", "SimCam");
    cards.put("TIMESYS", "TAI");
    cards.put("DATE-OBS", iso(e.beginMjd()));
    cards.put("DATE-BEG", iso(e.beginMjd()));
    cards.put("DATE-END", iso(e.endMjd()));
    cards.put("MJD-OBS", rounded(e.beginMjd(), 9));
    cards.put("MJD-BEG", rounded(e.beginMjd(), 9));
    cards.put("MJD-END", rounded(e.endMjd(), 9));
    cards.put("DAYOBS", String.valueOf(e.dayObs()));
    cards.put("SEQNUM", e.seq());
    cards.put("OBSID", e.obsId());
    cards.put("EXPID", e.id());
    cards.put("IMGTYPE", e.kind().name());
    cards.put("OBSTYPE", e.kind().name());
    cards.put("TESTTYPE", e.reason());
    cards.put("FILTER", e.band().equals("none") ? "none" : e.band() + "_sim");
    cards.put("FILTBAND", e.band());
    cards.put("EXPTIME", e.expTime());
    cards.put("DARKTIME", e.darkTime());
    cards.put("SHUTTIME", e.expTime());
    if (e.visit() != null) {
      pointing(cards, e.visit(), seeing);
    }
    if (e.kind() == Exposure.Kind.FLAT) {
      cards.put("PDVALUE", e.photodiode());
    }
    cards.put("OBS-LAT", Schedule.LATITUDE);
    cards.put("OBS-LONG", Schedule.LONGITUDE);
    cards.put("OBS-ELEV", 2663.0);
    cards.put("RAFTBAY", "R22");
    cards.put("CCDSLOT", detector.slot());
    cards.put("CHIPID", detector.name());
    cards.put("DETECTOR", detector.id());
    cards.put("CCD_SERN", "SIM-%03d".formatted(detector.id()));
    cards.put("NAMPS", SensorModel.AMPS);
    return cards;
  }

  private static void pointing(Map<String, Object> cards, Visit v, double seeing) {
    cards.put("OBJECT", "FIELD-1");
    cards.put("RA", rounded(v.headerRa(), 7));
    cards.put("DEC", rounded(v.headerDec(), 7));
    cards.put("ROTPA", rounded(v.headerRotPa(), 5));
    cards.put("RADESYS", "ICRS");
    cards.put("AMSTART", rounded(v.airmass(), 4));
    cards.put("ELSTART", rounded(v.altitudeDeg(), 4));
    cards.put("AZSTART", rounded(v.azimuthDeg(), 4));
    cards.put("HASTART", rounded(v.hourAngleHours(), 5));
    cards.put("DIMMSEE", rounded(seeing, 3));
    cards.put("AIRTEMP", 8.0);
    cards.put("PRESSURE", 744.0);
    cards.put("HUMIDITY", 40.0);
  }

  /** Cards of the extension of one amplifier. */
  static Map<String, Object> amplifier(SensorModel.Amplifier a, int amp) {
    int x0 = SensorModel.ampX0(amp) + 1;
    int y0 = SensorModel.ampY0(amp) + 1;
    int x1 = x0 + SensorModel.AMP_WIDTH - 1;
    int y1 = y0 + SensorModel.AMP_HEIGHT - 1;
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CHANNEL", amp);
    cards.put("DETSIZE", "[1:1024,1:1024]");
    cards.put(
        "DETSEC", SensorModel.rotated(amp) ? section(x1, x0, y1, y0) : section(x0, x1, y0, y1));
    cards.put("DATASEC", "[5:260,1:512]");
    cards.put("BIASSEC", "[261:292,1:512]");
    cards.put("PRESEC", "[1:4,1:512]");
    cards.put("PARASEC", "[5:260,513:528]");
    cards.put("CCDSUM", "1 1");
    cards.put("BUNIT", "adu");
    cards.put("GAINNOM", SensorModel.NOMINAL_GAIN);
    cards.put("RDNNOM", SensorModel.NOMINAL_READ_NOISE);
    return cards;
  }

  private static String section(int x0, int x1, int y0, int y1) {
    return "[%d:%d,%d:%d]".formatted(x0, x1, y0, y1);
  }

  static String iso(double mjd) {
    long millis = Math.round(mjd * Exposure.SECONDS_PER_DAY * 1000);
    return ISO.format(MJD_ZERO.plusSeconds(millis / 1000).plusNanos(millis % 1000 * 1_000_000L));
  }

  static double rounded(double value, int digits) {
    double scale = Math.pow(10, digits);
    return Math.rint(value * scale) / scale;
  }
}
