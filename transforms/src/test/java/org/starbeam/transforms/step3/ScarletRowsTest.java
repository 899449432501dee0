package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.deblend.DeblendMethod;
import org.starbeam.deblend.ScarletBlend;
import org.starbeam.image.Box;
import org.starbeam.schema.ScarletBlendRow;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableWriter;

class ScarletRowsTest {
  @TempDir Path folder;

  @Test
  void aModelComesBackFromItsFileBitByBit() throws Exception {
    float[] morphology = {0, 1e-20f, 0.1f, 1, (float) Math.PI / 4, Float.MIN_VALUE};
    ScarletBlend blend =
        new ScarletBlend(
            DeblendMethod.SCARLET,
            100,
            -5,
            new Box(99, -7, 30, 20),
            List.of("g", "r"),
            List.of("i"),
            104,
            -3,
            0.8,
            List.of(
                new ScarletBlend.Source(
                    1,
                    104,
                    -3,
                    List.of(
                        new ScarletBlend.Part(
                            new Box(103, -4, 3, 2), new float[] {1.1f, 1e-20f}, morphology))),
                new ScarletBlend.Source(0, 120, 1, List.of()),
                new ScarletBlend.Source(-1, 110, 2, List.of())),
            47,
            812.5,
            true);
    ScarletBlendRow row =
        ScarletRows.row(blend, new ScarletRows.Place(7, 8, 1, 2), source -> 1000 + source.peak());
    Path file = folder.resolve("blends.parquet");
    TableWriter.write(file, ScarletBlendRow.class, List.of(row), List.of(), List.of(), Map.of());
    ScarletBlendRow read = TableReader.read(file, ScarletBlendRow.class).get(0);
    assertThat(read.getBlendId()).isEqualTo(7);
    assertThat(read.getSources().get(0).getObjectId()).isEqualTo(1001);
    ScarletBlend back = ScarletRows.blend(read);
    assertThat(back.box()).isEqualTo(blend.box());
    assertThat(back.bands()).isEqualTo(blend.bands());
    assertThat(back.missing()).isEqualTo(blend.missing());
    assertThat(back.psfX()).isEqualTo(104);
    assertThat(back.psfY()).isEqualTo(-3);
    assertThat(back.modelSigma()).isEqualTo(0.8);
    assertThat(back.sources()).hasSize(3);
    assertThat(back.sources().get(2).peak()).isEqualTo(-1);
    ScarletBlend.Part part = back.sources().get(0).parts().get(0);
    assertThat(part.box()).isEqualTo(new Box(103, -4, 3, 2));
    assertThat(part.spectrum()).containsExactly(1.1f, 1e-20f);
    assertThat(part.morphology()).containsExactly(morphology);
  }
}
