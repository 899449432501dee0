package org.starbeam.transforms.step5;

import java.io.Serializable;

/**
 * Configuration of forced photometry.
 *
 * @param noiseScaled whether the errors on the difference are multiplied by the noise that was
 *     measured on empty sky over the expected one
 */
public record ForcedConfig(boolean noiseScaled) implements Serializable {
  public static ForcedConfig defaults() {
    return new ForcedConfig(true);
  }
}
