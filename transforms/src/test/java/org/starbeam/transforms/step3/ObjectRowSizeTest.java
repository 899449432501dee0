package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.transforms.dataset.TableWriter;

/**
 * What the rows of Object weigh in six bands when every column has its own number, which cannot be
 * compressed (specs/04 section 11). What writing them costs is printed.
 */
class ObjectRowSizeTest {
  private static final int ROWS = Boolean.getBoolean("starbeam.full") ? 20_000 : 2_000;
  private static final List<String> BANDS = List.of("u", "g", "r", "i", "z", "y");

  @TempDir Path directory;

  private static <T extends SpecificRecord> T filled(T record, Random random) {
    for (Schema.Field field : record.getSchema().getFields()) {
      if (!field.name().equals("bands")) {
        record.put(field.pos(), value(field.schema().getTypes().get(1).getType(), random));
      }
    }
    return record;
  }

  private static @Nullable Object value(Schema.Type type, Random random) {
    return switch (type) {
      case BOOLEAN -> random.nextInt(50) == 0;
      case INT -> random.nextInt(1000);
      case LONG -> random.nextLong() >>> 1;
      case FLOAT -> (float) random.nextGaussian();
      case DOUBLE -> random.nextGaussian();
      case STRING -> "i";
      default -> null;
    };
  }

  private static List<ObjectRow> rows() {
    Random random = new Random(1);
    List<ObjectRow> out = new ArrayList<>();
    for (int k = 0; k < ROWS; k++) {
      ObjectRow row = filled(new ObjectRow(), random);
      Map<String, ObjectBand> bands = new HashMap<>();
      BANDS.forEach(band -> bands.put(band, filled(new ObjectBand(), random)));
      row.setBands(bands);
      out.add(row);
    }
    return out;
  }

  @Test
  void aRowHasLessThanFourKilobytes() throws Exception {
    List<ObjectRow> rows = rows();
    Path file = directory.resolve("object.parquet");
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    TableWriter.write(file, ObjectRow.class, rows, ObjectRows.COLUMNS, BANDS, Map.of());
    double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e9;
    double bytes = Files.size(file) / (double) ROWS;
    System.out.printf(
        "ObjectRowSizeTest: %d rows, %.0f bytes each, %.2f s of processor%n", ROWS, bytes, seconds);
    assertThat(bytes).isLessThan(4000);
  }
}
