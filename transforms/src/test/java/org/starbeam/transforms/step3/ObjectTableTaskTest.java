package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;

class ObjectTableTaskTest {
  private static ObjectRow row(String... bands) {
    Map<String, ObjectBand> columns = new HashMap<>();
    for (String band : bands) {
      ObjectBand measured = new ObjectBand();
      measured.setPsfFlux(7f);
      measured.setPsfFluxFlag(false);
      columns.put(band, measured);
    }
    ObjectRow row = new ObjectRow();
    row.setBands(columns);
    return row;
  }

  @Test
  void aBandThatIsMissingHasFlagsAndNoNumbers() {
    List<ObjectRow> rows = List.of(row("g", "r"), row("g"), row("r"));
    ObjectTableTask.fillAbsentBands(rows);
    for (ObjectRow row : rows) {
      assertThat(row.getBands()).containsOnlyKeys("g", "r");
    }
    assertThat(rows.get(1).getBands().get("g").getPsfFlux()).isEqualTo(7f);
    ObjectBand absent = rows.get(1).getBands().get("r");
    assertThat(absent.getPixelFlagsNodata()).isTrue();
    assertThat(absent.getPixelFlagsBad()).isFalse();
    assertThat(absent.getPsfFluxFlag()).isTrue();
    assertThat(absent.getGaapFluxFlag()).isTrue();
  }

  /** Whatever columns are written: numbers are null, flags are not. */
  @Test
  void everyFlagThatIsWrittenIsSet() {
    ObjectBand absent = ObjectRows.absentBand();
    int flags = 0;
    for (Schema.Field field : ObjectBand.getClassSchema().getFields()) {
      if (ObjectRows.COLUMNS.contains("{band}_" + field.name())) {
        boolean isFlag =
            field.schema().getTypes().stream().anyMatch(t -> t.getType() == Schema.Type.BOOLEAN);
        flags += isFlag ? 1 : 0;
        assertThat(absent.get(field.pos()) != null).as(field.name()).isEqualTo(isFlag);
      }
    }
    assertThat(flags).isGreaterThan(20);
  }
}
