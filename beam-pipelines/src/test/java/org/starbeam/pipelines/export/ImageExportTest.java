package org.starbeam.pipelines.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.selection.SkySelection;

/** Images that leave the repository are those that were asked for, and whole. */
class ImageExportTest {
  private static final List<String> NAMES =
      List.of(
          "visit_image_SimCam_visit-2021090700012_detector-0.fits",
          "visit_image_SimCam_visit-2021090700012_detector-1.fits");

  @TempDir Path repository;
  @TempDir Path out;
  private ImageExport export;
  private List<DatasetRef> all;

  @BeforeEach
  void makeRun() throws IOException {
    RunCatalog catalog = ExportedRun.make(repository);
    export = new ImageExport(catalog, DatasetTypes.VISIT_IMAGE);
    all = export.choose("", null);
  }

  private Path original(int detector) {
    return repository.resolve(all.get(detector).getPath());
  }

  @Test
  void imagesAreChosenByTheirDataIdTheirSummaryAndTheSky() {
    assertThat(all).hasSize(2);
    assertThat(export.choose("detector = 1", null)).containsExactly(all.get(1));
    assertThat(export.choose("band = 'r' and seeing < 0.75", null)).containsExactly(all.get(0));
    assertThat(export.choose("", SkySelection.parse("CIRCLE(12.11, -30, 0.02)")))
        .as("the circle meets the outline, its centre is outside")
        .containsExactly(all.get(1));
    assertThat(export.choose("detector = 0", SkySelection.parse("CIRCLE(12, -30, 0.1)"))).isEmpty();
    assertThatThrownBy(() -> export.choose("seing < 1", null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("seing");
  }

  @Test
  void copiesHaveTheBytesOfTheRepositoryUnderNamesThatSayWhatTheyAre() throws IOException {
    ImageExport.Result made = export.copy(all, out, false);
    assertThat(made.written()).isEqualTo(NAMES);
    for (int detector = 0; detector < 2; detector++) {
      assertThat(out.resolve(NAMES.get(detector))).hasSameBinaryContentAs(original(detector));
    }
  }

  @Test
  void resumeCopiesAgainWhatIsNotWhole() throws IOException {
    export.copy(all, out, false);
    byte[] bytes = Files.readAllBytes(out.resolve(NAMES.get(0)));
    Files.write(out.resolve(NAMES.get(0)), java.util.Arrays.copyOf(bytes, bytes.length / 2));
    ImageExport.Result made = export.copy(all, out, true);
    assertThat(made.written()).containsExactly(NAMES.get(0));
    assertThat(made.kept()).containsExactly(NAMES.get(1));
    assertThat(out.resolve(NAMES.get(0))).hasSameBinaryContentAs(original(0));
  }

  @Test
  void damagedAndPrunedImagesGetNoCopy() throws IOException {
    Path damaged = original(0);
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length - 2880] ^= 1;
    Files.delete(damaged);
    Files.write(damaged, bytes);
    Files.delete(original(1));
    ImageExport.Result made = export.copy(all, out, false);
    assertThat(made.damaged()).containsExactly(damaged.toString());
    assertThat(made.gone()).containsExactly(all.get(1).getDataId());
    try (Stream<Path> files = Files.list(out)) {
      assertThat(files).isEmpty();
    }
  }
}
