package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.time.Instant;

/** How states are written as JSON: names of record components, times in ISO-8601, no NaN. */
public final class RunStateJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new SimpleModule().addSerializer(Instant.class, ToStringSerializer.instance))
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .build();

  private RunStateJson() {}

  public static ObjectMapper mapper() {
    return MAPPER;
  }
}
