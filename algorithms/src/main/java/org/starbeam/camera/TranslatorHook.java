package org.starbeam.camera;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;

/** The few header rules that need arithmetic (specs/01 section 1.2). */
enum TranslatorHook {
  /** Rubin: YYYYMMDD x 100000 + SEQNUM, the year moved for controllers other than O. */
  RUBIN_EXPOSURE {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      RubinId id = RubinId.of(header);
      if (id == null) {
        return null;
      }
      if (id.sequence >= 100_000) {
        throw new BadInputException(
            "OUT_OF_RANGE", header.where() + ": SEQNUM " + id.sequence + ", the limit is 99999");
      }
      return Long.toString((id.day + shift(id)) * 100_000L + id.sequence);
    }

    private static long shift(RubinId id) {
      int index = "OCHPQS".indexOf(id.controller);
      boolean own =
          index <= 0
              || (id.controller == 'C' && id.day > 20231004)
              || (index >= 3 && id.day > 20250417);
      return own ? 0 : index * 1000L * 10_000L;
    }
  },
  /** Rubin sequence number, from SEQNUM or the observation's name. */
  RUBIN_SEQUENCE {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      RubinId id = RubinId.of(header);
      return id == null ? null : Long.toString(id.sequence);
    }
  },
  /** The observing day of the header: DAYOBS or the day in the observation's name. */
  RUBIN_DAY {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      RubinId id = RubinId.of(header);
      return id == null ? null : Long.toString(id.day);
    }
  },
  /** Rubin: raft and slot to the number of the detector. */
  RUBIN_DETECTOR {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      String[] chip = text(header, "CHIPID", "CCDID").split("_", 2);
      String raft = text(header, "RAFTBAY", "RAFTNAME");
      String slot = text(header, "CCDSLOT", "SENSNAME");
      return chip.length == 2 && (raft.isEmpty() || slot.isEmpty())
          ? number(chip[0], chip[1])
          : number(raft, slot);
    }

    private static @Nullable String number(String raft, String slot) {
      int science = RAFTS.indexOf(raft);
      Matcher m = Pattern.compile("S([0-2])([0-2])").matcher(slot);
      if (science >= 0 && m.matches()) {
        int place = 3 * Integer.parseInt(m.group(1)) + Integer.parseInt(m.group(2));
        return Integer.toString(9 * science + place);
      }
      int corner = CORNERS.indexOf(raft);
      int sensor = List.of("SG0", "SG1", "SW0", "SW1").indexOf(slot);
      return corner < 0 || sensor < 0 ? null : Integer.toString(189 + 4 * corner + sensor);
    }
  },
  /** A camera of one raft: the number of the slot. */
  SLOT_DETECTOR {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      Matcher m = Pattern.compile("S([0-2])([0-2])").matcher(text(header, "CCDSLOT", "SENSNAME"));
      return m.matches()
          ? Integer.toString(3 * Integer.parseInt(m.group(1)) + Integer.parseInt(m.group(2)))
          : null;
    }
  },
  /** HSC: HSCEnnnnnnnn, or HSCxnnnnnn00 with one million per letter. */
  HSC_EXPOSURE {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      String id = header.stringOr("EXP-ID", "");
      Matcher modern = Pattern.compile("HSCE(\\d{8})").matcher(id);
      if (modern.matches()) {
        return Long.toString(Long.parseLong(modern.group(1)));
      }
      Matcher old = Pattern.compile("HSC([A-Z])(\\d{6})00").matcher(id);
      if (!old.matches()) {
        return null;
      }
      long number = Long.parseLong(old.group(2));
      char letter = old.group(1).charAt(0);
      Matcher frame =
          Pattern.compile("HSC([A-Z])(\\d{6})\\d{2}").matcher(header.stringOr("FRAMEID", ""));
      if (number == 0 && frame.matches()) {
        letter = frame.group(1).charAt(0);
        number = Long.parseLong(frame.group(2));
        number -= number % 2;
      }
      return Long.toString(number + 1_000_000L * (letter - 'A'));
    }
  },
  /** Day of the beginning x 100000 + a running number in the header (SEQNUM or EXPNUM). */
  DAY_AND_SEQUENCE {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      OptionalLong sequence = header.findInteger("SEQNUM");
      if (sequence.isEmpty() || sequence.getAsLong() < 0 || Double.isNaN(beginTaiMjd)) {
        return null;
      }
      int day = ObservationTimes.dayObs(beginTaiMjd, rolloverHours);
      return Long.toString(day * 100_000L + sequence.getAsLong() % 100_000);
    }
  },
  /** A number for headers without any: day x 100000 + tens of seconds since the day began. */
  TIME_OF_DAY {
    @Override
    @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours) {
      if (Double.isNaN(beginTaiMjd)) {
        return null;
      }
      double shifted = beginTaiMjd - rolloverHours / 24;
      int day = ObservationTimes.dayObs(beginTaiMjd, rolloverHours);
      long second = (long) ((shifted - Math.floor(shifted)) * 86_400);
      return Long.toString(day * 100_000L + second);
    }
  };

  private static final List<String> RAFTS =
      List.of(
          "R01", "R02", "R03", "R10", "R11", "R12", "R13", "R14", "R20", "R21", "R22", "R23", "R24",
          "R30", "R31", "R32", "R33", "R34", "R41", "R42", "R43");
  private static final List<String> CORNERS = List.of("R00", "R04", "R40", "R44");

  /** The value as text, or null where this header does not have it. */
  abstract @Nullable String value(HeaderView header, double beginTaiMjd, double rolloverHours);

  static TranslatorHook named(SafeYaml yaml, String name) {
    String constant = name.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
    for (TranslatorHook hook : values()) {
      if (hook.name().equals(constant)) {
        return hook;
      }
    }
    throw yaml.bad("hook", "unknown hook " + name);
  }

  static String text(HeaderView header, String... keys) {
    for (String key : keys) {
      Optional<String> value = header.findString(key);
      if (value.isPresent()) {
        return value.get().toUpperCase(Locale.ROOT);
      }
    }
    return "";
  }

  /** Controller, day and sequence number of a Rubin observation. */
  private record RubinId(char controller, long day, long sequence) {
    private static final Pattern NAME = Pattern.compile("_([OCHPQSX])_(\\d{8})_(\\d{5,6})(?!\\d)");

    static @Nullable RubinId of(HeaderView header) {
      OptionalLong day = header.findInteger("DAYOBS");
      OptionalLong sequence = header.findInteger("SEQNUM");
      String controller = header.stringOr("CONTRLLR", "");
      Matcher name = NAME.matcher(header.stringOr("OBSID", header.stringOr("FILENAME", "")));
      boolean named = name.find();
      if (day.isPresent()
          && sequence.isPresent()
          && day.getAsLong() > 19_000_000
          && day.getAsLong() < 100_000_000
          && sequence.getAsLong() >= 0) {
        String fallback = named ? name.group(1) : "O";
        String letter = controller.isEmpty() ? fallback : controller;
        return new RubinId(
            Character.toUpperCase(letter.charAt(0)), day.getAsLong(), sequence.getAsLong());
      }
      return named
          ? new RubinId(
              name.group(1).charAt(0), Long.parseLong(name.group(2)), Long.parseLong(name.group(3)))
          : null;
    }
  }
}
