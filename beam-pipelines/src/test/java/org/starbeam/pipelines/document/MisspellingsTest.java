package org.starbeam.pipelines.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.campaign.Template;

/** Words with one slip of the finger are understood. */
class MisspellingsTest {
  private static final int TRIALS = 5000;

  /** A word with one letter left out, put in, replaced, or swapped with the next. */
  private static String slip(String word, Random random) {
    int at = random.nextInt(word.length());
    String letter = String.valueOf((char) ('a' + random.nextInt(26)));
    return switch (random.nextInt(4)) {
      case 0 -> word.substring(0, at) + word.substring(at + 1);
      case 1 -> word.substring(0, at) + letter + word.substring(at);
      case 2 -> word.substring(0, at) + letter + word.substring(at + 1);
      default ->
          at + 1 == word.length()
              ? word + letter
              : word.substring(0, at)
                  + word.charAt(at + 1)
                  + word.charAt(at)
                  + word.substring(at + 2);
    };
  }

  /** Keys of one map, as a document's check compares them. */
  private static List<List<String>> keySets() {
    List<List<String>> out = new ArrayList<>();
    collect(Template.schema(), out);
    for (String name : Template.SHIPPED) {
      out.add(List.copyOf(Template.load(name).parameters().keySet()));
    }
    return out;
  }

  private static void collect(
      com.fasterxml.jackson.databind.JsonNode node, List<List<String>> out) {
    if (node.path("additionalProperties").isBoolean() && node.path("properties").size() > 1) {
      TreeSet<String> keys = new TreeSet<>();
      node.path("properties").fieldNames().forEachRemaining(keys::add);
      keys.removeIf(k -> k.contains(".") || k.contains("$"));
      if (keys.size() > 1) {
        out.add(List.copyOf(keys));
      }
    }
    node.forEach(child -> collect(child, out));
  }

  @Test
  void firstSuggestionIsTheWordThatWasMeant() {
    Random random = new Random(20250520);
    List<List<String>> keySets = keySets();
    int asked = 0;
    int right = 0;
    while (asked < TRIALS) {
      List<String> keys = keySets.get(random.nextInt(keySets.size()));
      String word = keys.get(random.nextInt(keys.size()));
      String slipped = slip(word, random);
      if (word.length() > 2 && !keys.contains(slipped)) {
        asked++;
        List<String> best = Suggestion.nearest(slipped, keys);
        right += !best.isEmpty() && best.get(0).equals(word) ? 1 : 0;
      }
    }
    System.err.printf(
        "misspellings of distance 1: %d of %d right, %d sets of keys%n",
        right, asked, keySets.size());
    assertThat((double) right / asked).isGreaterThanOrEqualTo(0.95);
  }
}
