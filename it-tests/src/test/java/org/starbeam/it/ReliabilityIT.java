package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.difference.ReliabilityFitter;
import org.starbeam.difference.ReliabilityFitter.Sample;
import org.starbeam.difference.ReliabilityModel;
import org.starbeam.difference.ReliabilityModel.Feature;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.schema.DiaSourceFeatures;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;
import org.starbeam.transforms.dataset.TableReader;

/**
 * The score of detections is what its fit to the preset {@code changes} gives. With {@code
 * -Dstarbeam.writeReliability=FILE} the fit is written there, as the resource {@code
 * reliability.csv}. Takes an hour on two cores; {@code -Dstarbeam.reliability.survey=DIR} and
 * {@code -Dstarbeam.reliability.runs=REPO/data/RUN,...} take a survey and runs that are there.
 */
@Tag("acceptance")
class ReliabilityIT {
  private static final long SEED = 11;
  private static final double MATCH_DEG = 1 / 3600.0;
  private static final double FAST_DEG = 9 / 3600.0;
  private static final double FAST_MAS_PER_YEAR = 100;
  private static final List<String> STEPS =
      List.of(
          "ingest",
          "calibs",
          "step1",
          "step2",
          "step3:selectVisits",
          "step3:cellCoadd",
          "step3:templateCoadd",
          "step4");

  @TempDir static Path directory;

  private static Path survey() {
    String given = System.getProperty("starbeam.reliability.survey");
    if (given != null) {
      return Path.of(given);
    }
    Path made = directory.resolve("survey");
    CampaignWriter.write(made, Presets.changes(), SEED, ProgressListener.NONE);
    return made;
  }

  private static List<Path> runs(Path survey) {
    String given = System.getProperty("starbeam.reliability.runs");
    if (given != null) {
      return Stream.of(given.split(",")).map(Path::of).toList();
    }
    Path repository = directory.resolve("repo");
    Map<String, String> values = Map.of("input", survey.toString(), "bands", "r,i");
    var result = Campaigns.launch("ci", values, repository, "changes", "direct", 2, STEPS);
    assertThat(result.summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    return List.of(repository.resolve("data/changes"));
  }

  @Test
  void theScoreIsWhatItsFitGives() throws IOException {
    Path survey = survey();
    Changes truth = Changes.read(survey);
    List<Sample> samples = new ArrayList<>();
    for (Path run : runs(survey)) {
      samples.addAll(samples(run, truth));
    }
    ReliabilityModel standard = ReliabilityModel.standard();
    ReliabilityModel fit =
        new ReliabilityFitter(ReliabilityFitter.Config.defaults()).fit(standard.version(), samples);
    String file = System.getProperty("starbeam.writeReliability");
    if (file != null) {
      Files.write(Path.of(file), fit.lines());
    }
    long same =
        samples.stream()
            .filter(s -> fit.score(s.features()) > 0.5 == standard.score(s.features()) > 0.5)
            .count();
    System.out.printf(
        Locale.ROOT,
        "ReliabilityIT: %d sources, %d real; purity %.3f, completeness %.3f at 0.5%n",
        samples.size(),
        samples.stream().filter(Sample::real).count(),
        share(samples, s -> standard.score(s.features()) > 0.5, Sample::real),
        share(samples, Sample::real, s -> standard.score(s.features()) > 0.5));
    assertThat((double) same / samples.size()).as("same side of 0.5").isGreaterThan(0.99);
  }

  private static double share(
      List<Sample> samples,
      java.util.function.Predicate<Sample> of,
      java.util.function.Predicate<Sample> with) {
    List<Sample> all = samples.stream().filter(of).toList();
    return (double) all.stream().filter(with).count() / all.size();
  }

  private static List<Sample> samples(Path run, Changes truth) {
    Map<Long, DiaSourceFeatures> features = new HashMap<>();
    rows(run.resolve("dia_source_features"), DiaSourceFeatures.class)
        .forEach(row -> features.put(row.getDiaSourceId(), row));
    List<Sample> out = new ArrayList<>();
    for (DiaSourceRow row : rows(run.resolve("dia_source_detector"), DiaSourceRow.class)) {
      if (!truth.isNearFastStar(row)) {
        DiaSourceFeatures values = Objects.requireNonNull(features.get(row.getDiaSourceId()));
        Map<Feature, Double> map = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
          Object value = values.get(feature.name().toLowerCase(Locale.ROOT));
          map.put(feature, ((Number) value).doubleValue());
        }
        out.add(new Sample(map, truth.isReal(row)));
      }
    }
    return out;
  }

  private static <T extends org.apache.avro.specific.SpecificRecord> List<T> rows(
      Path folder, Class<T> rowClass) {
    List<T> out = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(p -> p.toString().endsWith(".parquet")).sorted().toList()) {
        out.addAll(TableReader.read(file, rowClass));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  /**
   * What changes in the survey: variable stars, and supernovae in the visits in which they shine. A
   * negative detection at a supernova that has less than half of the missing light in the visit is
   * made by the template, which holds the supernova. Stars of large proper motion are neither.
   */
  private record Changes(
      Map<Long, Map<Long, Double>> fluxes, List<double[]> all, List<double[]> fast) {
    static Changes read(Path survey) {
      FitsTable objects = table(survey, "objects");
      FitsTable curves = table(survey, "lightcurves");
      Map<Long, Map<Long, Double>> fluxes = new HashMap<>();
      long[] ids = longs(curves, "id");
      long[] visits = longs(curves, "visit");
      double[] flux = curves.doubles("flux");
      for (int i = 0; i < ids.length; i++) {
        fluxes.computeIfAbsent(ids[i], id -> new HashMap<>()).put(visits[i], flux[i]);
      }
      List<double[]> all = new ArrayList<>();
      List<double[]> fast = new ArrayList<>();
      long[] id = longs(objects, "id");
      long[] type = longs(objects, "type");
      double[] ra = objects.doubles("ra");
      double[] dec = objects.doubles("dec");
      double[] pmRa = objects.doubles("pmra");
      double[] pmDec = objects.doubles("pmdec");
      for (int i = 0; i < id.length; i++) {
        if (fluxes.containsKey(id[i])) {
          all.add(new double[] {ra[i], dec[i], id[i], type[i]});
        }
        if (type[i] == 0 && Math.hypot(pmRa[i], pmDec[i]) > FAST_MAS_PER_YEAR) {
          fast.add(new double[] {ra[i], dec[i]});
        }
      }
      return new Changes(fluxes, all, fast);
    }

    private static FitsTable table(Path survey, String name) {
      try (FitsReader reader = FitsReader.open(survey.resolve("truth/" + name + ".fits"))) {
        return reader.readTable(reader.hdus().get(1));
      }
    }

    private static long[] longs(FitsTable table, String column) {
      Object values = table.columns().get(column);
      return values instanceof int[] ints
          ? java.util.Arrays.stream(ints).asLongStream().toArray()
          : (long[]) values;
    }

    boolean isNearFastStar(DiaSourceRow row) {
      return fast.stream().anyMatch(star -> distance(row, star) < FAST_DEG);
    }

    boolean isReal(DiaSourceRow row) {
      return all.stream()
          .filter(object -> distance(row, object) < MATCH_DEG)
          .anyMatch(object -> object[3] == 0 || shines(row, object));
    }

    private boolean shines(DiaSourceRow row, double[] supernova) {
      Double flux = Objects.requireNonNull(fluxes.get((long) supernova[2])).get(row.getVisit());
      boolean negative = Boolean.TRUE.equals(row.getIsNegative());
      return flux != null
          && flux > 0
          && (!negative || flux > 0.5 * Math.abs(row.getPsfFlux().doubleValue()));
    }

    private static double distance(DiaSourceRow row, double[] place) {
      double dx = (row.getRa() - place[0]) * Math.cos(Math.toRadians(place[1]));
      return Math.hypot(dx, row.getDec() - place[1]);
    }
  }
}
