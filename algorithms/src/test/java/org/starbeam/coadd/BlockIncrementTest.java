package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.coadd.BlockCoadder.Before;
import org.starbeam.coadd.BlockCoadder.Masks;
import org.starbeam.coadd.BlockCoadder.Result;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;

/**
 * A survey that grows month by month has the coadds, masks and state of one that was reduced at
 * once: each month passes its state on through a file, and the SHA-256 of everything is compared.
 */
class BlockIncrementTest {
  private static final Tract TRACT = RingsSkyMap.defaults().tract(4612);
  private static final int CORNER = 3000;
  private static final Box CELLS = new Box(18, 18, 4, 4);
  private static final String IDENTITY = "test";
  private static final int MONTHS = 12;

  /** Visits a month; two with {@code -Dstarbeam.full=true}. */
  private static final int PER_MONTH = Boolean.getBoolean("starbeam.full") ? 2 : 1;

  /** Orders of the months; five with {@code -Dstarbeam.full=true}. */
  private static final int ORDERS = Boolean.getBoolean("starbeam.full") ? 5 : 2;

  private static List<Scene.Visit> visits;
  private static String atOnce;

  @TempDir Path folder;

  /**
   * Visits of twelve months over a star field; satellites, an asteroid and a star that is only
   * sometimes bright, each in visits of its own.
   */
  @BeforeAll
  static void survey() {
    Scene scene = new Scene(TRACT, CORNER + 0.3, CORNER - 0.4);
    scene.addStar(CORNER - 20.3, CORNER + 30.1, 1e6);
    scene.addStar(CORNER + 60.7, CORNER + 70.2, 3e5);
    scene.addStar(CORNER - 90.2, CORNER - 60.4, 2e4);
    scene.addStar(CORNER + 30.2, CORNER - 50.6, 4e4);
    visits = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 1; i <= PER_MONTH * MONTHS; i++) {
      double flare = i % 7 == 3 ? 4 : 1;
      Scene.Visit visit =
          scene.visit(
              i,
              460,
              1.6 + 0.7 * random.nextDouble(),
              Scene.SKY_SIGMA,
              s -> s.flux() * (s.flux() == 4e4 ? flare : 1));
      if (i % 5 == 2) {
        Scene.trail(visit, 0, 60 + 11 * i, 460, 400 - 9 * i, 50 * i);
      }
      if (i % 6 == 1) {
        Scene.trail(visit, 200 + 3 * i, 210, 201 + 3 * i, 214, 400);
      }
      visits.add(visit.withApertureCorrection(0.97 + 0.06 * random.nextDouble()));
    }
    Result result = coadd(visits, Before.nothing());
    assertThat(result.masks()).hasSizeGreaterThan(3);
    atOnce = hash(result);
  }

  private static Result coadd(List<? extends CoaddSource> sources, Before before) {
    return new BlockCoadder(BlockCoadder.Config.defaults())
        .coadd(TRACT, 0.2, CELLS, sources, before);
  }

  /** Adds months of visits one after the other, through files. */
  private Result inMonths(List<? extends List<? extends CoaddSource>> months, Masks masks) {
    List<CoaddSource> all = new ArrayList<>();
    Path last = folder.resolve("last");
    Result result = coadd(List.of(), Before.nothing());
    for (List<? extends CoaddSource> month : months) {
      BlockStateFile.write(last, IDENTITY, result.state());
      all.addAll(month);
      BlockState state = BlockStateFile.read(last, IDENTITY).orElseThrow();
      result = coadd(all, new Before(state, BlockIncrementTest::former, masks));
    }
    return result;
  }

  private static Optional<CoaddSource> former(AccumulatedInput input) {
    return visits.stream()
        .filter(v -> v.visit() == input.visit() && v.content().equals(input.content()))
        .<CoaddSource>map(v -> v)
        .findFirst();
  }

  private static <T> List<List<T>> months(List<T> visits, int count) {
    List<List<T>> out = new ArrayList<>();
    for (int m = 0; m < count; m++) {
      out.add(visits.subList(m * visits.size() / count, (m + 1) * visits.size() / count));
    }
    return out;
  }

  /** SHA-256 of the file of cells, the file of masks and the file of the state. */
  private static String hash(Result result) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      Path file = Files.createTempFile("block", ".bin");
      CellBlock block = new CellBlock(TRACT.id(), 0, "r", 150, 50, result.cells());
      CellBlockFile.write(file, block, Map.of());
      digest.update(Files.readAllBytes(file));
      digest.update(result.masks().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
      for (ArtifactMask mask : result.masks()) {
        for (ArtifactMask.Artifact artifact : mask.artifacts()) {
          digest.update(
              Arrays.toString(artifact.pixels().runs())
                  .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
      }
      BlockStateFile.write(file, IDENTITY, result.state());
      digest.update(Files.readAllBytes(file));
      Files.delete(file);
      return HexFormat.of().formatHex(digest.digest());
    } catch (java.io.IOException | java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void twelveMonthsAreTheSurveyAtOnce() {
    Result result = inMonths(months(visits, MONTHS), Masks.RECONCILE);
    assertThat(hash(result)).isEqualTo(atOnce);
    assertThat(result.work().kept()).isEqualTo(PER_MONTH * (MONTHS - 1));
    assertThat(result.work().added()).isEqualTo(PER_MONTH);
    assertThat(result.work().cellsFolded()).isEqualTo(result.cells().size());
  }

  @Test
  void littleMemoryDoesNotChangeABit() {
    BlockCoadder.Config d = BlockCoadder.Config.defaults();
    BlockCoadder.Config small =
        new BlockCoadder.Config(
            d.warp(), d.grid(), d.cell(), d.artifacts(), d.smoothingFwhmArcsec(), d.edgeGuard(), 0);
    Result result = new BlockCoadder(small).coadd(TRACT, 0.2, CELLS, visits, Before.nothing());
    assertThat(hash(result)).isEqualTo(atOnce);
  }

  @Test
  void theOrderOfTheMonthsDoesNotMatter() {
    for (int seed = 1; seed <= ORDERS; seed++) {
      List<List<Scene.Visit>> shuffled = new ArrayList<>(months(visits, MONTHS));
      Collections.shuffle(shuffled, new Random(seed));
      assertThat(hash(inMonths(shuffled, Masks.RECONCILE))).as("order %d", seed).isEqualTo(atOnce);
    }
  }

  @Test
  void visitsThatAreTakenOutWereNeverThere() {
    for (List<Integer> bad : List.of(List.of(6), List.of(2, 7), List.of(1, 3, 12))) {
      List<Scene.Visit> rest = visits.stream().filter(v -> !bad.contains((int) v.visit())).toList();
      BlockState all = coadd(visits, Before.nothing()).state();
      Result result = coadd(rest, new Before(all, BlockIncrementTest::former, Masks.RECONCILE));
      assertThat(result.work().retracted()).isEqualTo(bad.size());
      assertThat(result.work().cellsMade()).isZero();
      assertThat(hash(result)).isEqualTo(hash(coadd(rest, Before.nothing())));
    }
  }

  @Test
  void aLateVisitIsOneMoreFold() {
    List<Scene.Visit> others = new ArrayList<>(visits);
    Scene.Visit late = others.remove(8);
    assertThat(hash(inMonths(List.of(others, List.of(late)), Masks.RECONCILE))).isEqualTo(atOnce);
  }

  @Test
  void aVisitThatWasCalibratedAnewReplacesItsFormerSelf() {
    List<Scene.Visit> before = new ArrayList<>(visits);
    Scene.Visit other = visits.get(9).copy();
    other.image().image().data[1000] += 1;
    before.set(9, other);
    BlockState state = coadd(before, Before.nothing()).state();
    Before there = new Before(state, input -> Optional.of(before.get(9)), Masks.RECONCILE);
    Result result = coadd(visits, there);
    assertThat(result.work().retracted()).isEqualTo(1);
    assertThat(result.work().added()).isEqualTo(1);
    assertThat(hash(result)).isEqualTo(atOnce);
  }

  @Test
  void cellsAreMadeAnewWhenWhatIsToBeTakenOutCannotBeOpened() {
    BlockState all = coadd(visits, Before.nothing()).state();
    List<Scene.Visit> rest = visits.subList(0, 10);
    Result result = coadd(rest, new Before(all, input -> Optional.empty(), Masks.RECONCILE));
    assertThat(result.work().cellsFolded()).isZero();
    assertThat(hash(result)).isEqualTo(hash(coadd(rest, Before.nothing())));
  }

  @Test
  void cellsAreMadeAnewWhenMostInputsLeave() {
    BlockState all = coadd(visits, Before.nothing()).state();
    List<Scene.Visit> few = visits.subList(0, 4);
    Result result = coadd(few, new Before(all, BlockIncrementTest::former, Masks.RECONCILE));
    assertThat(result.work().cellsFolded()).isZero();
    assertThat(hash(result)).isEqualTo(hash(coadd(few, Before.nothing())));
  }

  @Test
  void inputsOfTheStateAreNotOpenedWhenTheirMasksStay() {
    Scene scene = new Scene(TRACT, CORNER, CORNER);
    List<CoaddSource> sources = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      sources.add(scene.visit(i, 460, 1.8, Scene.SKY_SIGMA));
    }
    BlockState state = coadd(sources.subList(0, 5), Before.nothing()).state();
    List<CoaddSource> closed = new ArrayList<>();
    sources.subList(0, 5).forEach(source -> closed.add(new Closed(source)));
    closed.add(sources.get(5));
    Result result = coadd(closed, new Before(state, i -> Optional.empty(), Masks.RECONCILE));
    assertThat(hash(result)).isEqualTo(hash(coadd(sources, Before.nothing())));
  }

  @Test
  void frozenMasksStayAsTheyWere() {
    Result frozen = inMonths(months(visits, MONTHS), Masks.FROZEN);
    assertThat(frozen.work().remasked()).isZero();
    assertThat(frozen.state().inputs()).hasSize(visits.size());
    Result first = coadd(visits.subList(0, 2), Before.nothing());
    assertThat(frozen.state().inputs().get(0).mask())
        .isEqualTo(first.state().inputs().get(0).mask());
  }

  @Test
  void aStateOfAnotherIdentityIsOfNoUseAndADamagedOneIsAnError() throws Exception {
    Path file = folder.resolve("state");
    BlockStateFile.write(file, IDENTITY, coadd(visits.subList(0, 3), Before.nothing()).state());
    assertThat(BlockStateFile.read(file, "other")).isEmpty();
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));
    assertThatThrownBy(() -> BlockStateFile.read(file, IDENTITY))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void smoothedWarpsComeBackBitByBitInAFractionOfTheirSize() {
    Path file = folder.resolve("state");
    BlockState state = coadd(visits.subList(0, 6), Before.nothing()).state();
    BlockStateFile.write(file, IDENTITY, new BlockState(state.inputs(), new TreeMap<>()));
    BlockState read = BlockStateFile.read(file, IDENTITY).orElseThrow();
    long pixels = 0;
    for (int i = 0; i < 6; i++) {
      SmoothedWarp before = state.inputs().get(i).smoothed().get();
      SmoothedWarp after = read.inputs().get(i).smoothed().get();
      assertThat(Arrays.equals(after.value().data, before.value().data)).isTrue();
      assertThat(Arrays.equals(after.sigma().data, before.sigma().data)).isTrue();
      pixels += before.box().area();
    }
    assertThat(file.toFile().length() / (double) pixels).as("bytes per binned pixel").isLessThan(1);
  }

  /** A source that must not be opened. */
  private record Closed(CoaddSource source) implements CoaddSource {
    @Override
    public long visit() {
      return source.visit();
    }

    @Override
    public int detector() {
      return source.detector();
    }

    @Override
    public String content() {
      return source.content();
    }

    @Override
    public Box box() {
      throw opened();
    }

    @Override
    public org.starbeam.sky.Wcs wcs() {
      throw opened();
    }

    @Override
    public org.starbeam.psf.PsfModel psf() {
      throw opened();
    }

    @Override
    public int weight() {
      throw opened();
    }

    @Override
    public double apertureCorrection(double x, double y) {
      throw opened();
    }

    @Override
    public double psfSigma() {
      throw opened();
    }

    @Override
    public InputStatistics statistics() {
      throw opened();
    }

    @Override
    public org.starbeam.image.MaskedImage read(Box part) {
      throw opened();
    }

    private static AssertionError opened() {
      return new AssertionError("opened an input of the state");
    }
  }
}
