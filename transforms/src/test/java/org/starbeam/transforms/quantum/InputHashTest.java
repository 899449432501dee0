package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;
import org.starbeam.transforms.dataset.DataId;

class InputHashTest {
  @Test
  void quantumIdsAreThoseOfTheVectors() {
    for (JsonNode one : Shared.vector("campaign-ids").get("quantumIds")) {
      DataId id = DataId.parse(one.get("dataId").asText());
      assertThat(InputHash.quantumId(one.get("task").asText(), id))
          .isEqualTo(one.get("quantumId").asText());
    }
  }

  @Test
  void inputHashIsThatOfTheVectorInAnyOrderOfInputs() {
    JsonNode one = Shared.vector("campaign-ids").get("inputHash");
    List<String> text = Arrays.asList(one.get("preimage").asText().split("\n"));
    List<String> lines = new ArrayList<>(text.subList(4, text.size()));
    Collections.reverse(lines);
    assertThat(InputHash.of(text.get(1), Integer.parseInt(text.get(2)), text.get(3), lines))
        .isEqualTo(one.get("sha256").asText());
  }
}
