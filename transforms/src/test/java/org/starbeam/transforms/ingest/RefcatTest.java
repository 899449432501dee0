package org.starbeam.transforms.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.quantum.QuantumTester;

/** A catalogue in several files that overlap becomes shards, from which cones are read. */
class RefcatTest {
  private static final int STARS = 3000;

  /** Stars within 2 degrees of places where HEALPix indices jump, or coordinates do. */
  private static final List<SkyPoint> FIELDS =
      List.of(
          new SkyPoint(0, 0),
          new SkyPoint(359.99, -41.8),
          new SkyPoint(45, 89.5),
          new SkyPoint(135, 3));

  @TempDir Path directory;
  private QuantumTester tester;
  private final List<RefStar> sky = new ArrayList<>();

  @BeforeEach
  void makeSky() {
    tester = QuantumTester.in(directory.resolve("repo"));
    Random random = new Random(5);
    for (int i = 0; i < STARS; i++) {
      SkyPoint field = FIELDS.get(i % FIELDS.size());
      double[] v = Angles.vector(field.raDeg(), field.decDeg());
      for (int k = 0; k < 3; k++) {
        v[k] += 0.02 * random.nextGaussian();
      }
      SkyPoint place = Angles.direction(v);
      sky.add(
          RefStar.newBuilder()
              .setId(STARS - i)
              .setRa(place.raDeg())
              .setDec(place.decDeg())
              .setEpochYr(2016)
              .setRaErrMas(1)
              .setDecErrMas(1)
              .setFlux(Map.of())
              .setFluxErr(Map.of())
              .build());
    }
  }

  @AfterEach
  void close() throws Exception {
    tester.close();
  }

  @Test
  void coneHoldsTheStarsThatALookThroughTheWholeCatalogueFinds() throws Exception {
    List<QuantumResult> side =
        shards(sky.subList(0, 2000), sky.subList(1500, STARS), List.of(sky.get(7)));
    Random random = new Random(6);
    int found = 0;
    for (int trial = 0; trial < 60; trial++) {
      RefStar near = sky.get(random.nextInt(STARS));
      RefStars.Cone cone =
          new RefStars.Cone(new SkyPoint(near.getRa(), near.getDec()), 1.5 * random.nextDouble());
      List<DatasetRef> refs =
          RefStars.inputs(side, cone).stream()
              .map(QuantumInput::getResult)
              .flatMap(r -> r.getOutputs().stream())
              .toList();
      List<Long> ids =
          RefStars.entries(refs, tester.reader(), cone).stream().map(RefStar::getId).toList();
      double reach = 3600 * (cone.radiusDeg() + 90.0 / 3600);
      assertThat(ids)
          .doesNotHaveDuplicates()
          .containsExactlyInAnyOrderElementsOf(
              sky.stream()
                  .filter(s -> distance(s, cone.center()) <= reach)
                  .map(RefStar::getId)
                  .toList());
      found += ids.size();
    }
    assertThat(found).isGreaterThan(1000);
  }

  @Test
  void everyShardIsASmallResultOfItsOwn() throws Exception {
    List<QuantumResult> side = shards(sky);
    assertThat(side).hasSizeGreaterThan(5).allSatisfy(s -> assertThat(s.getOutputs()).hasSize(1));
  }

  private static double distance(RefStar s, SkyPoint p) {
    return Angles.separationArcsec(s.getRa(), s.getDec(), p.raDeg(), p.decDeg());
  }

  @SafeVarargs
  private List<QuantumResult> shards(List<RefStar>... files) throws Exception {
    Map<Long, List<QuantumResult>> byPixel = new HashMap<>();
    for (int i = 0; i < files.length; i++) {
      QuantumTester.Ended part = part("file" + i, files[i]);
      var coverage =
          part.json(DatasetTypes.REFCAT_COVERAGE, IngestRefcatTask.Coverage.class).shards();
      for (long pixel : coverage) {
        byPixel.computeIfAbsent(pixel, p -> new ArrayList<>()).add(part.result());
      }
    }
    List<QuantumResult> out = new ArrayList<>();
    for (Map.Entry<Long, List<QuantumResult>> shard : byPixel.entrySet()) {
      QuantumInput[] parts =
          shard.getValue().stream()
              .map(r -> tester.input(ShardRefcatTask.PART, r))
              .toArray(QuantumInput[]::new);
      DataId id = DataId.of("healpix3", shard.getKey());
      out.add(tester.run(new ShardRefcatTask(), id, parts).requireDone().result());
    }
    return out;
  }

  private QuantumTester.Ended part(String name, List<RefStar> stars) throws Exception {
    Path file = directory.resolve(name + ".parquet");
    TableWriter.write(file, RefStar.class, stars, List.of(), List.of(), Map.of());
    DataId id = DataId.of("name", name);
    QuantumResult input =
        tester.given("input", id).existing(DatasetTypes.INPUT_FILE, id, file).result();
    return tester
        .run(new IngestRefcatTask(), id, tester.input(IngestRefcatTask.INPUT, input))
        .requireDone();
  }
}
