package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.schema.Certification;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;

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

  @ParameterizedTest
  @ValueSource(classes = {ObservationInfo.class, Certification.class, ExposureSummary.class})
  <T extends SpecificRecord> void aFullElementOfTheGraphStaysBelow64KiB(Class<T> payload)
      throws Exception {
    RandomRecords random = new RandomRecords();
    List<DatasetRef> outputs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      outputs.add(
          new DatasetRef(
              "d".repeat(24), "i".repeat(60), "r".repeat(60), "p".repeat(200), "0".repeat(64), 1L));
    }
    QuantumResult result = random.make(QuantumResult.class);
    result.setOutputs(outputs);
    result.setPayload(random.make(payload));
    QuantumInput input = new QuantumInput("role", result);
    assertThat(CoderUtils.encodeToByteArray(RecordCoder.of(QuantumInput.class), input))
        .hasSizeBetween(40_000, 65_536);
  }
}
