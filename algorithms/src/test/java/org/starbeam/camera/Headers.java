package org.starbeam.camera;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.HeaderView;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Headers kept as YAML: plain maps, or lists of [key, type, value, comment]. */
final class Headers {
  private Headers() {}

  static HeaderView read(Path file) throws IOException {
    String text = Files.readString(file).replaceAll("(?m)^!<[^>]*>", "");
    Object document = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    Map<String, Object> values = new LinkedHashMap<>();
    if (document instanceof Map<?, ?> map) {
      map.forEach((k, v) -> put(values, k, v));
    } else {
      for (Object entry : (List<?>) document) {
        List<?> card = (List<?>) entry;
        put(values, card.get(0), card.get(2));
      }
    }
    return HeaderView.of(file.getFileName().toString(), values);
  }

  private static void put(Map<String, Object> values, Object key, Object value) {
    Object plain = value instanceof java.util.Date d ? d.toInstant().toString() : value;
    if (!(plain instanceof List) && !(plain instanceof Map)) {
      values.putIfAbsent(String.valueOf(key), plain);
    }
  }
}
