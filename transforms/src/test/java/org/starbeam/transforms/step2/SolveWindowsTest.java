package org.starbeam.transforms.step2;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.window.CampaignWindows;

/** Blocks of isolated stars of different months are different datasets. */
class SolveWindowsTest {
  private static final long DAY_MS = 86_400_000L;

  /** 2021-10-01 00:00 TAI, still in the night of September 30 where days begin at noon. */
  private static final long LAST_NIGHT_OF_SEPTEMBER = 18_901 * DAY_MS;

  @TempDir Path repository;

  private QuantumResult frame(long eventTimeMs) {
    return QuantumTester.in(repository)
        .given("singleFrame", DataId.of("instrument", "SimCam", "visit", 7, "detector", 1))
        .eventTimeMs(eventTimeMs)
        .result();
  }

  @Test
  void aMonthHasBlocksOfItsOwn() {
    CampaignWindows months = CampaignWindows.months(12);
    DataId september = Step2Solve.block(frame(LAST_NIGHT_OF_SEPTEMBER), 12, months);
    DataId october = Step2Solve.block(frame(LAST_NIGHT_OF_SEPTEMBER + DAY_MS), 12, months);
    assertThat(september).hasToString("instrument=SimCam,healpix9=12,name=m202109");
    assertThat(october).hasToString("instrument=SimCam,healpix9=12,name=m202110");
    assertThat(RepositoryPaths.dataset("run", DatasetTypes.ISOLATED_STAR_BLOCK, september))
        .isNotEqualTo(RepositoryPaths.dataset("run", DatasetTypes.ISOLATED_STAR_BLOCK, october));
  }

  @Test
  void inOneWindowABlockIsOfThePixelAlone() {
    DataId block = Step2Solve.block(frame(LAST_NIGHT_OF_SEPTEMBER), 12, CampaignWindows.global());
    assertThat(block).hasToString("instrument=SimCam,healpix9=12");
    DatasetTypes.ISOLATED_STAR_BLOCK.check(block);
  }
}
