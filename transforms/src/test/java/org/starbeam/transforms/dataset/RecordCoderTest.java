package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starbeam.schema.QuantumRecord;

class RecordCoderTest {
  static List<Class<? extends SpecificRecord>> classes() {
    return RandomRecords.classes();
  }

  @ParameterizedTest
  @MethodSource("classes")
  <T extends SpecificRecord> void everyRecordComesBackFieldForField(Class<T> type)
      throws Exception {
    assertThat(System.getProperty("org.apache.avro.SERIALIZABLE_PACKAGES")).isNull();
    RandomRecords random = new RandomRecords();
    Coder<T> coder = SerializableUtils.clone(RecordCoder.of(type));
    for (int i = 0; i < 20; i++) {
      T record = random.make(type);
      byte[] bytes = CoderUtils.encodeToByteArray(coder, record);
      T back = CoderUtils.decodeFromByteArray(coder, bytes);
      assertThat(CanonicalJson.write(back)).isEqualTo(CanonicalJson.write(record));
      assertThat(CoderUtils.encodeToByteArray(coder, back)).isEqualTo(bytes);
    }
  }

  @Test
  void theOrderOfAMapDoesNotChangeTheBytes() throws Exception {
    QuantumRecord record = new RandomRecords().make(QuantumRecord.class);
    Coder<QuantumRecord> coder = RecordCoder.of(QuantumRecord.class);
    coder.verifyDeterministic();
    record.setMetrics(new LinkedHashMap<>(Map.of("a", 1.0)));
    record.getMetrics().put("b", 2.0);
    byte[] forward = CoderUtils.encodeToByteArray(coder, record);
    record.setMetrics(new LinkedHashMap<>(Map.of("b", 2.0)));
    record.getMetrics().put("a", 1.0);
    assertThat(CoderUtils.encodeToByteArray(coder, record)).isEqualTo(forward);
  }
}
