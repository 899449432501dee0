package org.starbeam.transforms.dataset;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** Records of every generated class with all fields filled at random. */
final class RandomRecords {
  private final Random random = new Random(20210907);

  /** Every generated record class. */
  static List<Class<? extends SpecificRecord>> classes() {
    List<Class<? extends SpecificRecord>> out = new ArrayList<>();
    for (JavaClass type : new ClassFileImporter().importPackages("org.starbeam.schema")) {
      if (type.isAssignableTo(SpecificRecord.class) && type.isTopLevelClass()) {
        out.add(type.reflect().asSubclass(SpecificRecord.class));
      }
    }
    return out;
  }

  <T extends SpecificRecord> T make(Class<T> type) {
    return type.cast(record(RecordCoder.schema(type)));
  }

  private SpecificRecord record(Schema schema) {
    SpecificRecord out = (SpecificRecord) SpecificData.get().newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      out.put(field.pos(), value(field.schema()));
    }
    return out;
  }

  private @Nullable Object value(Schema schema) {
    return switch (schema.getType()) {
      case UNION -> value(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
      case NULL -> null;
      case BOOLEAN -> random.nextBoolean();
      case INT -> random.nextInt();
      case LONG -> random.nextLong();
      case FLOAT -> (float) random.nextGaussian();
      case DOUBLE -> random.nextGaussian();
      case STRING -> "text " + random.nextInt(1000) + " é\"";
      case BYTES -> {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        yield ByteBuffer.wrap(bytes);
      }
      case ENUM ->
          SpecificData.get()
              .createEnum(
                  schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())),
                  schema);
      case ARRAY -> List.of(require(schema.getElementType()), require(schema.getElementType()));
      case MAP ->
          new TreeMap<>(
              Map.of("g", require(schema.getValueType()), "r", require(schema.getValueType())));
      case RECORD -> record(schema);
      default -> throw new IllegalArgumentException("no values of " + schema);
    };
  }

  private Object require(Schema schema) {
    Object value = value(schema);
    if (value == null) {
      throw new IllegalArgumentException("elements of " + schema + " may be null");
    }
    return value;
  }
}
