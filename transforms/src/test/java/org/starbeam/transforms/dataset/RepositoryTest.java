package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.store.DatasetFiles;

class RepositoryTest {
  private static final DataId FRAME =
      DataId.of("instrument", "SimCam", "visit", 2026090700012L, "detector", 3);

  @TempDir Path root;

  @Test
  void aPathFollowsFromRunTypeAndDataId() {
    assertThat(RepositoryPaths.dataset("a/b", DatasetTypes.VISIT_IMAGE, FRAME))
        .isEqualTo(
            "data/a/b/visit_image/20260907/2026090700012/"
                + "visit_image__instrument=SimCam,visit=2026090700012,detector=3.fits");
    DataId patch = DataId.of("tract", 9813, "patch", 55, "band", "r");
    assertThat(RepositoryPaths.dataset("r", DatasetTypes.DEEP_COADD, patch))
        .isEqualTo("data/r/deep_coadd/9813/55/r/deep_coadd__tract=9813,patch=55,band=r.fits");
    assertThat(RepositoryPaths.dataset("r", DatasetTypes.REPORT, DataId.GLOBAL))
        .isEqualTo("data/r/report/report.d");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../x", "a//b", "/a", "a/", "a b", "a/../b", "a\u0000"})
  void aRunNameThatCouldLeaveTheRepositoryIsRefused(String run) {
    assertThatThrownBy(() -> RepositoryPaths.dataset(run, DatasetTypes.REPORT, DataId.GLOBAL))
        .isInstanceOf(BadInputException.class);
  }

  @Test
  void aDataIdOfOtherDimensionsIsRefused() {
    assertThatThrownBy(() -> RepositoryPaths.dataset("r", DatasetTypes.VISIT_SUMMARY, FRAME))
        .hasMessageContaining("detector");
    assertThatThrownBy(
            () ->
                RepositoryPaths.dataset(
                    "r", DatasetTypes.VISIT_IMAGE, DataId.of("visit", 1, "instrument", "A")))
        .hasMessageContaining("detector");
  }

  private final Map<String, String> known = new HashMap<>();

  private DatasetRef publish(String text) throws IOException {
    Publisher publisher = new Publisher(DatasetFiles.of(root), "run", known::get);
    Path temporary = publisher.temporary(DatasetTypes.VISIT_SOLUTION, FRAME.only("visit"));
    Files.writeString(temporary, text);
    return publisher.publish(
        publisher.stage(DatasetTypes.VISIT_SOLUTION, FRAME.only("visit"), temporary, null));
  }

  @Test
  void publishingTwiceTheSameKeepsTheFirstAndLeavesNothingBehind() throws IOException {
    DatasetRef first = publish("{\"a\": 1}");
    known.put(first.getPath(), first.getContentHash());
    DatasetRef second = publish("{ \"a\": 1.0 }");
    assertThat(second.getPath()).isEqualTo(first.getPath());
    assertThat(second.getContentHash()).isEqualTo(first.getContentHash());
    assertThat(root.resolve(first.getPath())).hasContent("{\"a\": 1}");
    assertThat(files()).isEqualTo(1);
  }

  @Test
  void whatIsPublishedNeverChangesAnotherContentBecomesARevision() throws IOException {
    DatasetRef first = publish("{\"a\":1}");
    known.put(first.getPath(), first.getContentHash());
    DatasetRef second = publish("{\"a\":2}");
    assertThat(second.getRun()).isEqualTo("run/r1");
    assertThat(root.resolve(first.getPath())).hasContent("{\"a\":1}");
    assertThat(root.resolve(second.getPath())).hasContent("{\"a\":2}");
  }

  @Test
  void theOrphanOfADeadAttemptIsReplaced() throws IOException {
    DatasetRef orphan = publish("{\"a\":1}");
    DatasetRef second = publish("{\"a\":2}");
    assertThat(second.getPath()).isEqualTo(orphan.getPath());
    assertThat(root.resolve(second.getPath())).hasContent("{\"a\":2}");
    assertThat(files()).isEqualTo(1);
  }

  @Test
  void aPublishedFileIsReadOnly() throws IOException {
    DatasetRef ref = publish("{}");
    assertThat(Files.getPosixFilePermissions(root.resolve(ref.getPath()))).hasSize(3);
  }

  private long files() throws IOException {
    try (Stream<Path> walk = Files.walk(root)) {
      return walk.filter(Files::isRegularFile).count();
    }
  }

  private static byte[] fits(String date, byte fill, String... more) {
    StringBuilder header = new StringBuilder();
    for (String card :
        new String[] {
          "SIMPLE  =                    T",
          "BITPIX  =                   16 / bits",
          "NAXIS   =                    2",
          "NAXIS1  =                   10",
          "NAXIS2  =                  200",
          "DATE    = '" + date + "'",
          "HISTORY made " + date
        }) {
      header.append(String.format("%-80s", card));
    }
    for (String card : more) {
      header.append(String.format("%-80s", card));
    }
    header.append(String.format("%-80s", "END"));
    byte[] bytes = new byte[2880 + 2 * 2880];
    Arrays.fill(bytes, 0, 2880, (byte) ' ');
    Arrays.fill(bytes, 2880, 2880 + 4000, fill);
    byte[] text = header.toString().getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, bytes, 0, text.length);
    return bytes;
  }

  @Test
  void theHashOfFitsKnowsDataAndCardsButNotTheDay() throws IOException {
    Path file = root.resolve("a.fits");
    String hash = hash(file, fits("2026-09-07", (byte) 1));
    assertThat(hash(file, fits("2027-01-01", (byte) 1))).isEqualTo(hash);
    assertThat(hash(file, fits("2026-09-07", (byte) 2))).isNotEqualTo(hash);
    assertThat(hash(file, fits("2026-09-07", (byte) 1, "GAIN    = 1.5"))).isNotEqualTo(hash);
  }

  private static String hash(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes);
    return ContentHash.ofFits(file);
  }

  @Test
  void aTruncatedFitsFileIsNamed() throws IOException {
    Path file = root.resolve("a.fits");
    Files.write(file, Arrays.copyOf(fits("x", (byte) 1), 5000));
    assertThatThrownBy(() -> ContentHash.ofFits(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a.fits");
  }
}
