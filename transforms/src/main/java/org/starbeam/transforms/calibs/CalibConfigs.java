package org.starbeam.transforms.calibs;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.Serializable;
import org.starbeam.transforms.dataset.CanonicalJson;

/** A configuration record as the canonical JSON that travels with its task. */
record CalibConfigs<C>(String json) implements Serializable {
  private static final long serialVersionUID = 1L;

  static <C> CalibConfigs<C> of(C config) {
    return new CalibConfigs<>(CanonicalJson.write(config));
  }

  C get(Class<C> type) {
    try {
      return CanonicalJson.read(json, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("configuration " + json, e);
    }
  }
}
