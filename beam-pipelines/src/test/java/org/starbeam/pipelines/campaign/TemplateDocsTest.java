package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.starbeam.pipelines.document.Parameter;
import org.starbeam.pipelines.document.ParameterType;
import org.starbeam.pipelines.document.Problem;
import org.starbeam.pipelines.document.ValueRule;

/**
 * docs/templates.md says what the templates say. {@code -Dstarbeam.write=true} writes the tables
 * anew.
 */
class TemplateDocsTest {
  static final List<String> SHIPPED = Template.SHIPPED;
  private static final Path PAGE = Path.of("../docs/templates.md");

  private static String table(String name) {
    Template template = Template.load(name);
    StringBuilder out = new StringBuilder();
    out.append(template.description()).append(". Steps: ");
    out.append(String.join(", ", template.steps())).append(".\n\n");
    out.append("| parameter | type | default | meaning |\n|---|---|---|---|\n");
    for (Parameter p : template.parameters().values()) {
      out.append("| `").append(p.name()).append("` | ").append(type(p)).append(" | ");
      out.append(fallback(p)).append(" | ").append(p.help());
      out.append(p.example() == null ? "" : "; such as `" + p.example() + "`").append(" |\n");
    }
    return out.toString();
  }

  private static String type(Parameter p) {
    ValueRule rule = p.rule();
    StringBuilder out = new StringBuilder("`" + p.type() + "`");
    if (!rule.choices().isEmpty()) {
      out.append(" of ").append(String.join(", ", rule.choices()));
    }
    boolean bounded = rule.min() != null || rule.max() != null;
    if (bounded) {
      out.append(" in ").append(rule.bounds());
    } else if (rule.unit() != null) {
      out.append(", ").append(rule.unit());
    }
    return out.toString();
  }

  private static String fallback(Parameter p) {
    JsonNode value = p.defaultValue();
    if (value == null) {
      return "required";
    }
    return value.isNull() ? "" : "`" + (value.isTextual() ? value.asText() : value) + "`";
  }

  @ParameterizedTest
  @FieldSource("SHIPPED")
  void tableOfParametersIsThatOfTheTemplate(String name) throws IOException {
    String page = Files.readString(PAGE);
    String begin = "<!-- parameters " + name + " -->\n";
    int from = page.indexOf(begin) + begin.length();
    assertThat(page).contains(begin);
    int to = page.indexOf("<!-- end -->", from);
    if (Boolean.getBoolean("starbeam.write")) {
      Files.writeString(PAGE, page.substring(0, from) + table(name) + page.substring(to));
      return;
    }
    assertThat(page.substring(from, to)).isEqualTo(table(name));
  }

  @Test
  void everyKeyTypeAndCodeIsExplained() throws IOException {
    String page = Files.readString(PAGE);
    Set<String> words = new TreeSet<>(CampaignShape.BODY.fields().keySet());
    words.addAll(List.of("starbeam", "template", "extends", "include", "set", "envAllow"));
    for (ParameterType.Kind kind : ParameterType.Kind.values()) {
      words.add(
          switch (kind) {
            case LIST -> "list<T>";
            case MAP -> "map<string,T>";
            default -> ParameterType.of(kind).toString();
          });
    }
    for (Problem.Code code : Problem.Code.values()) {
      words.add(code.name());
    }
    assertThat(words).allSatisfy(word -> assertThat(page).contains("`" + word + "`"));
  }
}
