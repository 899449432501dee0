package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.CertificationIndex;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;

/**
 * A collection of certified calibrations (specs/05 section 3.7): which dataset is valid from when
 * to when, TAI MJD, half open. It is a log that only grows, kept as numbered documents {@code
 * registry/calibs/<name>/<seq>.json}: certifications, and tombstones that take a time out again. Of
 * one type and data id no two validities overlap; the one exception is an open-ended entry, which a
 * successor closes at its own begin, so that what was valid before it never changes.
 */
public final class CalibrationCollection {
  /** End of a validity without an end. */
  public static final double OPEN_END = CertificationIndex.OPEN_END;

  private static final String LOG = "log";

  private final RevisionFiles files;
  private final String name;

  public CalibrationCollection(Path root, String name) {
    this.files = new RevisionFiles(root, "calibs");
    this.name = name;
  }

  /** Names of all collections of a repository. */
  public static List<String> names(Path root) throws IOException {
    return new RevisionFiles(root, "calibs").names();
  }

  /** A dataset and the time in which it is valid. */
  public record Entry(DatasetRef dataset, double begin, double end) {
    public Entry {
      if (!(begin < end)) {
        throw new BadInputException(
            "CERT_INTERVAL",
            dataset.getDatasetType()
                + "("
                + dataset.getDataId()
                + "): validity "
                + begin
                + " to "
                + end);
      }
    }

    public boolean isOpen() {
      return end >= OPEN_END;
    }

    /** Whether it is the dataset of a type and data id that is valid at a time. */
    public boolean isValid(String type, DataId id, double mjd) {
      return isOf(type, id.toString()) && contains(mjd);
    }

    boolean isOf(String type, String dataId) {
      return dataset.getDatasetType().equals(type) && dataset.getDataId().equals(dataId);
    }

    boolean contains(double mjd) {
      return begin <= mjd && mjd < end;
    }

    /** For people: type, data id, run and validity. */
    public String text() {
      return String.format(
          Locale.ROOT,
          "%s(%s) of %s [MJD %.4f, %s)",
          dataset.getDatasetType(),
          dataset.getDataId(),
          dataset.getRun(),
          begin,
          isOpen() ? "open" : String.format(Locale.ROOT, "%.4f", end));
    }
  }

  /** What a change was. */
  public record Change(int revision, String what, String time) {}

  public boolean exists() throws IOException {
    return files.latest(name) != null;
  }

  /** The entries as they are valid now, by type, data id and begin; empty when there are none. */
  public List<Entry> entries() throws IOException {
    RevisionFiles.Revision latest = files.latest(name);
    return latest == null ? List.of() : replay(latest.document());
  }

  /** All changes, oldest first. */
  public List<Change> history() throws IOException {
    return files.all(name).stream()
        .map(
            r ->
                new Change(
                    r.seq(),
                    r.document().path("change").asText(),
                    r.document().path("time").asText()))
        .toList();
  }

  /**
   * Adds entries, all or none. What is valid in the same way already is left as it is.
   *
   * @return number of the entries that were new
   * @throws BadInputException {@code CERT_OVERLAP}, which names the entry in the way
   */
  public int certify(List<Entry> added) throws IOException {
    int[] count = new int[1];
    files.change(
        name,
        present -> {
          List<Entry> valid = present == null ? new ArrayList<>() : replay(present);
          ArrayNode log = log(present);
          count[0] = 0;
          for (Entry entry : added) {
            if (!isThere(valid, entry)) {
              add(valid, entry);
              log.add(json(entry));
              count[0]++;
            }
          }
          return count[0] == 0 ? null : document(log, "certify " + count[0]);
        });
    return count[0];
  }

  /**
   * Takes a time out of the validity of a type and data id.
   *
   * @return the entries that were touched, as they were
   */
  public List<Entry> decertify(String type, DataId id, double begin, double end, String reason)
      throws IOException {
    List<Entry> touched = new ArrayList<>();
    files.change(
        name,
        present -> {
          touched.clear();
          if (present == null) {
            return null;
          }
          replay(present).stream()
              .filter(e -> e.isOf(type, id.toString()) && e.begin < end && begin < e.end)
              .forEach(touched::add);
          if (touched.isEmpty()) {
            return null;
          }
          ArrayNode log = log(present);
          ObjectNode tombstone = JsonNodeFactory.instance.objectNode();
          tombstone.put("decertify", type);
          tombstone.put("dataId", id.toString());
          tombstone.put("begin", begin);
          putEnd(tombstone, end);
          tombstone.put("reason", reason);
          log.add(tombstone);
          return document(log, "decertify " + type + "(" + id + "): " + reason);
        });
    return touched;
  }

  /** The dataset that is valid at a time, if any. */
  public Optional<Entry> find(String type, DataId id, double mjd) throws IOException {
    return entries().stream().filter(e -> e.isOf(type, id.toString()) && e.contains(mjd)).findAny();
  }

  /**
   * The dataset that is valid at the middle of an exposure.
   *
   * @throws BadInputException {@code MISSING_CALIB}, which names the nearest before and after
   */
  public Entry get(String type, DataId id, double mjd) throws IOException {
    return find(type, id, mjd).orElseThrow(() -> missing(type, id, mjd));
  }

  private BadInputException missing(String type, DataId id, double mjd) {
    String before = "none";
    String after = "none";
    try {
      for (Entry entry : entries()) {
        if (entry.isOf(type, id.toString()) && entry.begin <= mjd) {
          before = entry.text();
        } else if (entry.isOf(type, id.toString()) && after.equals("none")) {
          after = entry.text();
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return new BadInputException(
        "MISSING_CALIB",
        String.format(
            Locale.ROOT,
            "calib:%s has no %s(%s) at MJD %.4f (TAI); nearest before: %s, after: %s. Certify one:"
                + " starbeam launch calibs-nightly, or starbeam calibs certify",
            name,
            type,
            id,
            mjd,
            before,
            after));
  }

  private static boolean isThere(List<Entry> valid, Entry wanted) {
    return valid.stream()
        .anyMatch(
            e ->
                e.isOf(wanted.dataset.getDatasetType(), wanted.dataset.getDataId())
                    && e.dataset.getContentHash().equals(wanted.dataset.getContentHash())
                    && e.begin == wanted.begin
                    && (e.end == wanted.end || wanted.isOpen()));
  }

  /** Adds an entry to those that are valid, closing an open-ended predecessor. */
  private static void add(List<Entry> valid, Entry added) {
    for (int i = 0; i < valid.size(); i++) {
      Entry other = valid.get(i);
      if (other.isOf(added.dataset.getDatasetType(), added.dataset.getDataId())
          && other.begin < added.end
          && added.begin < other.end) {
        if (!other.isOpen() || other.begin >= added.begin) {
          throw new BadInputException(
              "CERT_OVERLAP",
              added.text()
                  + " overlaps "
                  + other.text()
                  + "; give it an end, or take the time out of the other first: starbeam calibs"
                  + " decertify");
        }
        valid.set(i, new Entry(other.dataset, other.begin, added.begin));
      }
    }
    valid.add(added);
  }

  private static List<Entry> replay(JsonNode document) {
    List<Entry> valid = new ArrayList<>();
    for (JsonNode line : document.path(LOG)) {
      double begin = line.path("begin").asDouble();
      double end = line.hasNonNull("end") ? line.path("end").asDouble() : OPEN_END;
      if (line.has("decertify")) {
        valid = without(valid, line.path("decertify").asText(), line, begin, end);
      } else {
        add(valid, new Entry(dataset(line), begin, end));
      }
    }
    valid.sort(
        Comparator.<Entry, String>comparing(e -> e.dataset.getDatasetType())
            .thenComparing(e -> e.dataset.getDataId(), DataId.TEXT_ORDER)
            .thenComparingDouble(Entry::begin));
    return valid;
  }

  private static List<Entry> without(
      List<Entry> valid, String type, JsonNode line, double begin, double end) {
    List<Entry> out = new ArrayList<>();
    for (Entry e : valid) {
      if (!e.isOf(type, line.path("dataId").asText()) || e.end <= begin || end <= e.begin) {
        out.add(e);
        continue;
      }
      if (e.begin < begin) {
        out.add(new Entry(e.dataset, e.begin, begin));
      }
      if (end < e.end) {
        out.add(new Entry(e.dataset, end, e.end));
      }
    }
    return out;
  }

  private static ArrayNode log(@Nullable JsonNode present) {
    ArrayNode log = JsonNodeFactory.instance.arrayNode();
    if (present != null) {
      present.path(LOG).forEach(log::add);
    }
    return log;
  }

  private static ObjectNode document(ArrayNode log, String change) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("change", change);
    out.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    out.set(LOG, log);
    return out;
  }

  private static ObjectNode json(Entry entry) {
    DatasetRef ref = entry.dataset;
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("certify", ref.getDatasetType());
    out.put("dataId", ref.getDataId());
    out.put("run", ref.getRun());
    out.put("path", ref.getPath());
    out.put("hash", ref.getContentHash());
    out.put("bytes", ref.getBytes());
    out.put("begin", entry.begin);
    putEnd(out, entry.end);
    return out;
  }

  private static void putEnd(ObjectNode out, double end) {
    if (end >= OPEN_END) {
      out.putNull("end");
    } else {
      out.put("end", end);
    }
  }

  private static DatasetRef dataset(JsonNode line) {
    return new DatasetRef(
        line.path("certify").asText(),
        line.path("dataId").asText(),
        line.path("run").asText(),
        line.path("path").asText(),
        line.path("hash").asText(),
        line.path("bytes").asLong());
  }
}
