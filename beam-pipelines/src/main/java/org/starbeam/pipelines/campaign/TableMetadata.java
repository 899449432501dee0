package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableWriter;

/** Units and descriptions of columns from the Parquet files' metadata. */
public final class TableMetadata {
  private TableMetadata() {}

  /** The union of the columns of all files, in the order of the first that has them. */
  public static JsonNode read(List<Path> files) {
    ArrayNode all = new ObjectMapper().createArrayNode();
    Set<String> seen = new HashSet<>();
    try {
      for (Path file : files) {
        for (JsonNode column :
            new ObjectMapper()
                .readTree(TableReader.metadata(file).getOrDefault(TableWriter.COLUMNS_KEY, "[]"))) {
          if (seen.add(column.path("name").asText())) {
            all.add(column);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }
}
