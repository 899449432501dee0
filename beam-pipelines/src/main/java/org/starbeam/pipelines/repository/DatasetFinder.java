package org.starbeam.pipelines.repository;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.repository.ProvenanceGraph.Dataset;
import org.starbeam.pipelines.repository.ProvenanceGraph.Key;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.StoreFiles;

/**
 * Finds the dataset that a user means: {@code type(key=value,...)} with as many dimensions as it
 * takes to be the only one, a path inside or outside of the repository, or the id of a row.
 */
final class DatasetFinder {
  private static final Pattern NAMED = Pattern.compile("([A-Za-z][A-Za-z0-9_]*)\\(([^()]*)\\)");
  private static final int EXAMPLES = 10;

  /** Dataset types that hold rows of a kind with the column of their ids, the finest first. */
  private static final List<String[]> SKY_ROWS =
      List.of(
          new String[] {"object_unpublished", "objectId"},
          new String[] {"object", "objectId"},
          new String[] {"object_parent_unpublished", "objectParentId"},
          new String[] {"object_parent", "objectParentId"},
          new String[] {"isolated_star", "isolatedStarId"},
          new String[] {"dia_object_unpublished", "diaObjectId"},
          new String[] {"dia_object", "diaObjectId"});

  private static final List<String[]> OBSERVATION_ROWS =
      List.of(
          new String[] {"dia_source_detector", "diaSourceId"},
          new String[] {"dia_source", "diaSourceId"},
          new String[] {"source_detector", "sourceId"},
          new String[] {"source", "sourceId"});

  private final Path root;
  private final ProvenanceSearch search;
  private final DatasetFiles files;

  DatasetFinder(Path root, ProvenanceSearch search) {
    this.root = root;
    this.search = search;
    this.files = DatasetFiles.of(root);
  }

  /**
   * The dataset.
   *
   * @throws UserException when there is none, or more than one
   */
  Dataset find(String text) {
    if (text.matches("\\d{6,19}")) {
      return ofRow(Long.parseLong(text));
    }
    Matcher named = NAMED.matcher(text);
    return named.matches() ? named(named.group(1), named.group(2)) : ofPath(text);
  }

  private Dataset named(String type, String dataId) {
    List<String> types = DatasetTypes.ALL.stream().map(DatasetType::name).toList();
    DataId id;
    try {
      id = DataId.parse(dataId.replace(" ", ""));
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
    List<Dataset> found = select("type = '" + type + "'" + conditions(id));
    if (found.isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS,
          "no dataset "
              + type
              + "("
              + id
              + ") in run "
              + String.join(", ", search.runs())
              + (types.contains(type) ? "" : Suggestion.didYouMean(type, types)),
          "starbeam sql \"select type, data_id from datasets where type = '" + type + "'\"");
    }
    return only(found, type + "(" + id + ")");
  }

  private static String conditions(DataId id) {
    return id.values().entrySet().stream()
        .map(e -> " and (',' || data_id || ',') like '%," + e.getKey() + "=" + e.getValue() + ",%'")
        .collect(Collectors.joining());
  }

  private Dataset ofPath(String text) {
    String relative = files.relative(text);
    String absolute = text;
    if (!StoreFiles.isUri(text)) {
      Path file = Path.of(text).toAbsolutePath().normalize();
      absolute = file.toString();
      relative = file.startsWith(root) ? root.relativize(file).toString() : text;
    }
    List<Dataset> found =
        select(
            "path in ('%s', '%s')"
                .formatted(relative.replace("'", "''"), absolute.replace("'", "''")));
    if (found.isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS,
          "'"
              + text
              + "' is neither type(key=value,...) nor the id of a row, and no dataset of run "
              + String.join(", ", search.runs())
              + " has this path",
          "starbeam sql \"select type, data_id, path from datasets\"");
    }
    return only(found, text);
  }

  private static Dataset only(List<Dataset> found, String what) {
    List<String> names = found.stream().map(d -> d.key().name()).distinct().toList();
    if (names.size() > 1) {
      throw new UserException(
          ExitCode.USAGE,
          what
              + " is not the only one; which of these "
              + names.size()
              + "?\n  "
              + String.join("\n  ", names.stream().limit(EXAMPLES).toList())
              + (names.size() > EXAMPLES ? "\n  ..." : ""));
    }
    return found.get(0);
  }

  /** Datasets that fulfil a condition, those of the first run first. */
  private List<Dataset> select(String condition) {
    List<Dataset> found = new ArrayList<>();
    search.each(
        "select type, data_id, hash, run, path, bytes from datasets where "
            + condition
            + " order by place, type, data_id",
        rows ->
            found.add(
                new Dataset(
                    new Key(rows.getString(1), rows.getString(2), rows.getString(3)),
                    rows.getString(4),
                    rows.getString(5),
                    rows.getLong(6))));
    return found;
  }

  private Dataset ofRow(long id) {
    boolean sky = (id >> 62 & 1) == 1;
    String place = sky ? skyPlace(id) : observationPlace(id);
    for (String[] kind : sky ? SKY_ROWS : OBSERVATION_ROWS) {
      Dataset found = holding(kind[0], kind[1], id, place);
      if (found != null) {
        return found;
      }
    }
    throw new UserException(
        ExitCode.INPUTS,
        "no row with id %d in run %s; by its bits it belongs to %s"
            .formatted(id, String.join(", ", search.runs()), place.isEmpty() ? "no visit" : place));
  }

  private static String skyPlace(long id) {
    IdPacker.Sky fields = IdPacker.unpackSky(id);
    return "tract = %d and (patch is null or patch = %d)".formatted(fields.tract(), fields.patch());
  }

  private String observationPlace(long id) {
    IdPacker.Observation fields = IdPacker.unpackObservation(id);
    Map<Long, Integer> visits = new TreeMap<>();
    for (String run : search.runs()) {
      search.each(
          "select distinct visit, day_obs, seq_num from read_parquet('"
              + Registry.of(root, run).part("summaries").toString().replace("'", "''")
              + "')",
          rows ->
              visits.put(
                  rows.getLong(1),
                  IdPacker.observation(rows.getInt(2), rows.getInt(3), rows.getLong(1))));
    }
    return visits.entrySet().stream()
        .filter(v -> v.getValue() == fields.observation())
        .map(
            v ->
                "visit = %d and (detector is null or detector = %d)"
                    .formatted(v.getKey(), fields.detector()))
        .findFirst()
        .orElse("");
  }

  private @Nullable Dataset holding(String type, String column, long id, String place) {
    List<Dataset> candidates =
        select("type = '" + type + "'" + (place.isEmpty() ? "" : " and " + place)).stream()
            .filter(d -> files.exists(d.ref()))
            .toList();
    for (Dataset candidate : candidates) {
      List<String> hit =
          search
              .database()
              .texts(
                  "select 1 from read_parquet('"
                      + files.keep(candidate.ref()).toString().replace("'", "''")
                      + "') where \""
                      + column
                      + "\" = "
                      + id
                      + " limit 1");
      if (!hit.isEmpty()) {
        return candidate;
      }
    }
    return null;
  }
}
